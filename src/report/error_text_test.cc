#include "report/error_text.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

const Palette kPlain(Color::off);

Error failing(Place place, std::string statement) {
  Error error(ErrorCode::statement_failed, "near \"CRATE\": syntax error");
  error.place = std::move(place);
  error.statement = std::move(statement);
  return error;
}

TEST(ErrorText, NamesPlaceStatementCodeAndHint) {
  Error error = failing({"migrations/2_pets.sql", 2, 1}, "CRATE TABLE pets (id INTEGER)");
  error.server_code = "42601";
  error.detail = "one\ntwo";
  error.hint = "mend it";
  EXPECT_EQ(error_text(error, std::nullopt, kPlain),
            "migrations/2_pets.sql:2:1: near \"CRATE\": syntax error\n"
            "    CRATE TABLE pets (id INTEGER)\n"
            "    ^\n"
            "  server code: 42601\n"
            "  detail: one\n"
            "          two\n"
            "  hint: mend it\n");
}

TEST(ErrorText, WithoutAPlaceSaysThatItIsAnError) {
  EXPECT_EQ(error_text(Error(ErrorCode::unreachable, "nobody there"), std::nullopt, kPlain),
            "error: nobody there\n");
}

TEST(ErrorText, PutsTheCaretUnderTheSpotInALaterLine) {
  const Error error = failing({"a.sql", 5, 3}, "SELECT 1,\n  oops\n  FROM t");
  EXPECT_EQ(excerpt(error.statement, {"a.sql", 4, 1}, error.place),
            "    SELECT 1,\n"
            "      oops\n"
            "      ^\n");
}

TEST(ErrorText, CountsColumnsFromWhereTheStatementBegins) {
  EXPECT_EQ(excerpt("SELECT oops", {"a.sql", 1, 11}, {"a.sql", 1, 18}),
            "    SELECT oops\n"
            "           ^\n");
}

TEST(ErrorText, KeepsTheCaretInPlaceBehindTabsAndWideText) {
  EXPECT_EQ(excerpt("\tSELECT 'ä', oops", {"a.sql", 1, 1}, {"a.sql", 1, 14}),
            "     SELECT 'ä', oops\n"
            "                 ^\n");
}

TEST(ErrorText, CutsALongLineAroundTheSpot) {
  const std::string statement = std::string(500, 'a') + "HERE" + std::string(500, 'b');
  const std::string text = excerpt(statement, {"a.sql", 1, 1}, {"a.sql", 1, 501});
  const std::size_t line_end = text.find('\n');
  EXPECT_LT(line_end, 120U);
  const std::size_t caret = text.find('^') - line_end - 1;
  // The `…` in front is three bytes and one column.
  EXPECT_EQ(text.substr(caret + 2, 4), "HERE");
}

TEST(ErrorText, WithoutALineShowsTheStatementsBeginning) {
  EXPECT_EQ(excerpt("a\nb\nc\nd", {}, {}), "    a\n    b\n    c\n    …\n");
}

TEST(ErrorText, ShowsNoControlCharacters) {
  const Error error(ErrorCode::statement_failed, "bad \x1b[2J", "look \x07");
  EXPECT_EQ(error_text(error, std::nullopt, kPlain).find('\x1b'), std::string::npos);
  EXPECT_EQ(error_text(error, std::nullopt, kPlain).find('\x07'), std::string::npos);
}

TEST(FindingText, IsPlaceMessageAndRecipe) {
  const Finding finding{
      Severity::error, "edited", {"migrations/1.sql", 0, 0}, "1 was edited", "restore it"};
  EXPECT_EQ(finding_text(finding, kPlain), "migrations/1.sql: 1 was edited\n  restore it\n");
}

TEST(FindingText, SaysThatAWarningIsOne) {
  const Finding finding{Severity::warning, "old", {"a.sql", 1, 2}, "old", ""};
  EXPECT_EQ(finding_text(finding, kPlain), "a.sql:1:2: warning: old\n");
}

}  // namespace
}  // namespace tidegate
