#include "drivers/postgres/place.h"

#include <gtest/gtest.h>

#include <functional>

#include "drivers/postgres/test_server.h"

namespace tidegate::postgres {
namespace {

Script two_lines() { return script_of("m.sql", {"SELECT 1", "SELECT 'ä€'\r\n  , kaputt"}); }

TEST(PostgresPlace, CountsCharactersNotBytes) {
  const Script script = two_lines();
  const Statement& second = script.statements[1];
  EXPECT_EQ(to_string(place_in(script, second, 0)), "m.sql:2:1");
  EXPECT_EQ(to_string(place_in(script, second, 1)), "m.sql:2:1");
  EXPECT_EQ(to_string(place_in(script, second, 11)), "m.sql:2:11");
  // S E L E C T _ ' ä € ' CR LF _ _ , _ k
  EXPECT_EQ(to_string(place_in(script, second, 18)), "m.sql:3:5");
}

TEST(PostgresPlace, BehindTheEndIsTheEnd) {
  const Script script = script_of("m.sql", {"SELECT"});
  EXPECT_EQ(to_string(place_in(script, script.statements[0], 99)), "m.sql:1:7");
}

TEST(PostgresPlace, AStatementInTheMiddleOfALineStartsThere) {
  Script script;
  script.file = "m.sql";
  script.text = "SELECT 1; SELECT x;";
  Statement statement;
  statement.offset = 10;
  statement.size_bytes = 8;
  statement.line = 1;
  statement.column = 11;
  script.statements = {statement};
  EXPECT_EQ(to_string(place_in(script, script.statements[0], 8)), "m.sql:1:18");
}

TEST(PostgresPlace, OfCopyIsTheLineOfItsData) {
  Script script = script_of("m.sql", {"SELECT 1"});
  add_copy(script, "COPY t\nFROM stdin", "1\n2\nx\n");
  EXPECT_EQ(to_string(place_in_copy_data(script, script.statements[1], 1)), "m.sql:4:1");
  EXPECT_EQ(to_string(place_in_copy_data(script, script.statements[1], 3)), "m.sql:6:1");
}

}  // namespace
}  // namespace tidegate::postgres
