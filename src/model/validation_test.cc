#include "model/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Migration migration(const char* version, const char* name, const char* file) {
  Migration made;
  made.version = Version(version);
  made.name = name;
  made.up.file = file;
  return made;
}

std::vector<std::string> messages(const std::vector<Finding>& findings) {
  std::vector<std::string> all;
  for (const Finding& finding : findings) all.push_back(finding.rule + ": " + finding.message);
  return all;
}

std::vector<std::string> versions(const std::vector<Migration>& migrations) {
  std::vector<std::string> all;
  for (const Migration& one : migrations) all.push_back(one.version.text());
  return all;
}

TEST(OrderAndValidate, PutsMigrationsInOrder) {
  std::vector<Migration> set = {migration("10", "b", "10_b"), migration("9", "a", "9_a")};
  EXPECT_THAT(order_and_validate(set), IsEmpty());
  EXPECT_THAT(versions(set), ElementsAre("9", "10"));
}

// Behaviour 13 of Ecto's migrator suite: a duplicate version or name is refused by an exact text.
TEST(OrderAndValidate, S29_RefusesAVersionThatIsUsedTwice) {
  std::vector<Migration> set = {migration("13", "b", "x/13_b.sql"),
                                migration("13", "a", "x/13_a.sql")};
  EXPECT_THAT(messages(order_and_validate(set)),
              ElementsAre("duplicate_version: migrations can't run: version 13 is used by two "
                          "files: x/13_a.sql, x/13_b.sql"));
  EXPECT_THAT(versions(set), ElementsAre("13"));
}

TEST(OrderAndValidate, S29_RefusesANameThatIsUsedThrice) {
  std::vector<Migration> set = {migration("3", "hello", "c"), migration("2", "hello", "b"),
                                migration("1", "hello", "a")};
  EXPECT_THAT(messages(order_and_validate(set)),
              ElementsAre("duplicate_name: migrations can't run: name hello is used by 3 files: "
                          "a, b, c"));
}

TEST(OrderAndValidate, RefusesAFloorThatTheBuildItselfIsBelow) {
  std::vector<Migration> set = {migration("1", "a", "1_a.sql"), migration("2", "b", "2_b.sql")};
  set[0].up.directives.floor = Version("2");
  EXPECT_THAT(order_and_validate(set), IsEmpty());
  set[0].up.directives.floor = Version("3");
  const auto findings = order_and_validate(set);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].rule, "floor_above_build");
  EXPECT_EQ(findings[0].place.file, "1_a.sql");
}

TEST(OrderAndValidate, TakesAnEmptySet) {
  std::vector<Migration> set;
  EXPECT_THAT(order_and_validate(set), IsEmpty());
}

}  // namespace
}  // namespace tidegate
