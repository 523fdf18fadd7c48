#include "drivers/postgres/prepared.h"

#include <gtest/gtest.h>

#include <string>

namespace tidegate::postgres {
namespace {

using How = PreparedStatements::Use::How;

TEST(PreparedStatements, AreMadeTheSecondTimeAndUsedFromThenOn) {
  PreparedStatements statements;
  EXPECT_EQ(statements.use("SELECT 1").how, How::as_text);
  EXPECT_FALSE(statements.by_name("SELECT 1"));
  const PreparedStatements::Use made = statements.use("SELECT 1");
  EXPECT_EQ(made.how, How::after_making);
  EXPECT_TRUE(statements.by_name("SELECT 1"));
  EXPECT_EQ(statements.use("SELECT 1").how, How::by_name);
  EXPECT_EQ(statements.use("SELECT 1").name, made.name);
  EXPECT_EQ(statements.use("SELECT 2").how, How::as_text);
}

TEST(PreparedStatements, NoNameIsEverUsedTwice) {
  PreparedStatements statements;
  statements.use("SELECT 1");
  const std::string first = statements.use("SELECT 1").name;
  statements.forget();
  EXPECT_EQ(statements.use("SELECT 1").how, How::as_text);
  EXPECT_NE(statements.use("SELECT 1").name, first);
}

TEST(PreparedStatements, ThereAreNeverMany) {
  PreparedStatements statements;
  for (int i = 0; i < 1000; ++i) {
    statements.use(std::to_string(i));
    EXPECT_TRUE(i < 32 || statements.use(std::to_string(i)).how == How::as_text);
  }
}

}  // namespace
}  // namespace tidegate::postgres
