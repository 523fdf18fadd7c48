#include "catalog/statement_words.h"

#include <gtest/gtest.h>

#include "sql/dialect.h"

namespace tidegate {
namespace {

StatementWords words_of(std::string_view statement) {
  return {statement, *find_dialect("postgres")};
}

TEST(StatementWords, TakesAllOfSomeWordsOrNone) {
  auto words = words_of("create /* a */ INDEX -- b\n concurrently x");
  EXPECT_FALSE(words.take({"CREATE", "TABLE"}));
  EXPECT_TRUE(words.take({"CREATE", "INDEX"}));
  EXPECT_EQ(words.take_one_of({"ONLY", "CONCURRENTLY"}), "CONCURRENTLY");
  EXPECT_EQ(words.rest(), "x");
  EXPECT_FALSE(words.at_end());
}

TEST(StatementWords, AQuotedWordIsAName) {
  auto words = words_of("\"INDEX\" a");
  EXPECT_FALSE(words.take({"INDEX"}));
  EXPECT_EQ(words.take_name(), "\"INDEX\"");
}

TEST(StatementWords, NamesStayAsTheyAreWritten) {
  EXPECT_EQ(words_of("Public . \"My \"\"Table\"\"\" (a)").take_name(),
            "Public.\"My \"\"Table\"\"\"");
  EXPECT_EQ(words_of("größe").take_name(), "größe");
  for (const char* none : {"", "(a)", "'text'", "a.", "a.(b)", "U&\"d\\0061ta\"", "5"}) {
    EXPECT_EQ(words_of(none).take_name(), std::nullopt) << none;
  }
}

TEST(StatementWords, ParenthesesAreTakenWhole) {
  auto words = words_of("(VERBOSE, x (1), ')') TABLE t;");
  EXPECT_TRUE(words.take_parentheses());
  EXPECT_TRUE(words.take({"TABLE", "t"}));
  EXPECT_TRUE(words.at_end());
  EXPECT_FALSE(words_of("(never closed").take_parentheses());
  EXPECT_FALSE(words_of("a (b)").take_parentheses());
}

}  // namespace
}  // namespace tidegate
