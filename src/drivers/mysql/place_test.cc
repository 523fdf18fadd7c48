#include "drivers/mysql/place.h"

#include <gtest/gtest.h>

namespace tidegate::mysql {
namespace {

/// Where a statement that begins in line 3, column 5 of its file was refused.
std::string place(std::string_view sql, const std::string& message, unsigned number = 1064) {
  Script script;
  script.file = "m.sql";
  script.text = "-- a\n\n    " + std::string(sql);
  Statement statement;
  statement.offset = 10;
  statement.size_bytes = sql.size();
  statement.line = 3;
  statement.column = 5;
  return to_string(place_of({number, "42000", message}, script, statement));
}

TEST(MysqlPlace, IsWhereTheServerStopped) {
  EXPECT_EQ(place("CRATE TABLE t", "… syntax to use near 'CRATE TABLE t' at line 1"), "m.sql:3:5");
  EXPECT_EQ(place("SELECT\n  1,,\n 2", "… syntax to use near ',\n 2' at line 2"), "m.sql:4:5");
  EXPECT_EQ(place("SELECT '\xC3\xA9', FROM t", "… to use near 'FROM t' at line 1"), "m.sql:3:17");
}

TEST(MysqlPlace, IsTheLineOrTheBeginningWhereNoMoreIsTold) {
  EXPECT_EQ(place("SELECT\n  (1", "… syntax to use near '' at line 2"), "m.sql:4:1");
  EXPECT_EQ(place("SELECT 1", "… syntax to use near 'x' at line 9"), "m.sql:3:5");
  EXPECT_EQ(place("SELECT 1", "Table 'a near 'b' at line 1' doesn't exist", 1146), "m.sql:3:5");
}

}  // namespace
}  // namespace tidegate::mysql
