#include "tidegate/code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tidegate/error.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;

CodeMigration code(const std::string& version, const std::string& name) {
  return {Version(version), name, [](Work&) {}};
}

MigrationSet two() {
  MigrationSet set;
  set.migrations.push_back({Version("1"), "users", {}, {}});
  set.migrations.push_back({Version("3"), "orders", {}, {}});
  return set;
}

TEST(AddCode, PutsItInOrder) {
  MigrationSet set = two();
  add_code(set, {code("4", "totals"), code("2", "prices")});
  ASSERT_EQ(set.migrations.size(), 4U);
  EXPECT_EQ(set.migrations[1].name, "prices");
  EXPECT_TRUE(set.migrations[1].up.code);
  EXPECT_EQ(set.migrations[1].up.file, "2_prices (C++)");
  EXPECT_FALSE(set.migrations[1].down);
  EXPECT_EQ(set.migrations[3].name, "totals");
}

TEST(AddCode, IsKnownByItsNameInTheHistory) {
  MigrationSet set = two();
  add_code(set, {code("2", "prices")});
  MigrationSet other = two();
  add_code(other, {code("2", "costs")});
  EXPECT_FALSE(set.migrations[1].up.checksum.empty());
  EXPECT_NE(set.migrations[1].up.checksum, other.migrations[1].up.checksum);
}

TEST(AddCode, RefusesWhatCannotRunAndLeavesTheSetAsItWas) {
  MigrationSet set = two();
  const auto refusal = [&](const CodeMigration& migration) -> std::string {
    try {
      add_code(set, {code("2", "prices"), migration});
    } catch (const Error& error) {
      EXPECT_EQ(error.code, ErrorCode::usage);
      return error.message;
    }
    return "";
  };
  EXPECT_THAT(refusal(code("3", "again")), HasSubstr("version 3"));
  EXPECT_THAT(refusal(code("4", "users")), HasSubstr("name users"));
  EXPECT_THAT(refusal({Version("4"), "nothing", nullptr}), HasSubstr("lacks"));
  CodeMigration alone = code("4", "alone");
  alone.directives.transactional = Transactional::no;
  EXPECT_THAT(refusal(alone), HasSubstr("outside a transaction"));
  EXPECT_EQ(set.migrations.size(), 2U);
}

}  // namespace
}  // namespace tidegate
