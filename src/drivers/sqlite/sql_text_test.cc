#include "drivers/sqlite/sql_text.h"

#include <gtest/gtest.h>

#include "drivers/sqlite/code_names.h"

namespace tidegate::sqlite {
namespace {

std::string shown(const Place& place) {
  return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

TEST(SqliteText, AStatementBeginsAfterSpaceCommentsAndSemicolons) {
  const std::string_view text = " \r\n-- a; b\n/* c; -- d\n */;;\tSELECT 1";
  EXPECT_EQ(text.substr(skip_blank(text, 0)), "SELECT 1");
}

TEST(SqliteText, ATextOfCommentsHasNoStatement) {
  for (const std::string_view text : {"", "  ", "-- a", "/* a", "/**/ ;", "--\n--"}) {
    EXPECT_EQ(skip_blank(text, 0), text.size()) << text;
  }
}

TEST(SqliteText, ADivisionOrMinusIsNoComment) {
  EXPECT_EQ(skip_blank("- 1", 0), 0U);
  EXPECT_EQ(skip_blank("/ 1", 0), 0U);
}

TEST(SqliteText, APlaceCountsLinesAndCharacters) {
  Script script;
  script.file = "a.sql";
  script.text = "SELECT 1;\r\n\xC3\xA9\xC3\xA9 x";
  EXPECT_EQ(shown(place_at(script, 0)), "a.sql:1:1");
  EXPECT_EQ(shown(place_at(script, 16)), "a.sql:2:4");
  EXPECT_EQ(shown(place_at(script, script.text.size())), "a.sql:2:5");
}

TEST(SqliteText, AWordIsFoundInAnyCase) {
  EXPECT_TRUE(mentions("a INTEGER ReFeReNcEs b", "references"));
  EXPECT_FALSE(mentions("reference", "references"));
}

TEST(SqliteCodes, HaveTheirOwnNames) {
  EXPECT_EQ(code_name(2067), "SQLITE_CONSTRAINT_UNIQUE");
  EXPECT_EQ(code_name(5), "SQLITE_BUSY");
  EXPECT_EQ(code_name(5 | (99 << 8)), "SQLITE_BUSY (25349)");
  EXPECT_EQ(code_name(200), "SQLITE_200");
}

}  // namespace
}  // namespace tidegate::sqlite
