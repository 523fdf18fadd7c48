#include "base/application_name.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

TEST(ApplicationName, TellsWhoAndHowFar) {
  const std::string name = application_name("orders-7f9c:12");
  EXPECT_EQ(name, "tidegate orders-7f9c:12");
  const std::string at_work =
      application_name_with(name, "3/10 20261122120000", {.number = 2, .count = 5});
  EXPECT_EQ(at_work, "tidegate orders-7f9c:12 3/10 20261122120000 2/5");

  const NameTold told = read_application_name(at_work);
  EXPECT_TRUE(told.ours);
  EXPECT_EQ(told.who, "orders-7f9c:12");
  EXPECT_EQ(told.progress, "3/10 20261122120000, statement 2/5");
}

TEST(ApplicationName, BetweenMigrationsThereIsNoProgress) {
  const NameTold told = read_application_name(application_name("host:1"));
  EXPECT_TRUE(told.ours);
  EXPECT_EQ(told.who, "host:1");
  EXPECT_EQ(told.progress, "");
}

TEST(ApplicationName, OneStatementIsNotWorthCounting) {
  const std::string name =
      application_name_with("tidegate h:1", "1/2 20261122_users", {.number = 1, .count = 1});
  EXPECT_EQ(name, "tidegate h:1 1/2 20261122_users");
  EXPECT_EQ(read_application_name(name).progress, "1/2 20261122_users");
}

TEST(ApplicationName, WithoutANameNobodyIsNamed) {
  const std::string name = application_name_with("tidegate", "1/2 7", {.number = 1, .count = 3});
  EXPECT_EQ(name, "tidegate 1/2 7 1/3");
  const NameTold told = read_application_name(name);
  EXPECT_EQ(told.who, "");
  EXPECT_EQ(told.progress, "1/2 7, statement 1/3");
}

TEST(ApplicationName, FitsIntoSixtyThreeBytesAndKeepsWhatDiffers) {
  const std::string who = "a-service-with-a-long-name-in-the-cluster-6d5f8b7c9-x2x4z:1";
  const std::string name = application_name(who);
  EXPECT_LE(name.size(), 63U);
  EXPECT_TRUE(name.ends_with("6d5f8b7c9-x2x4z:1")) << name;

  const std::string at_work = application_name_with(
      name, "1234/5678 20261122120000_a_very_long_name_of_a_migration_it_is", {12, 345});
  EXPECT_LE(at_work.size(), 63U);
  EXPECT_TRUE(at_work.ends_with(" 12/345")) << at_work;
  EXPECT_NE(at_work.find("x2x4z:1 1234/5678 20261122120000"), std::string::npos) << at_work;
  EXPECT_EQ(read_application_name(at_work).who.front(), '~');
}

TEST(ApplicationName, IsOneWordOfPlainCharacters) {
  EXPECT_EQ(application_name("my host\n1\xC3\xBC"), "tidegate my_host_1__");
  EXPECT_EQ(application_name_with("tidegate h", "1/2 \xC3\xBC", {}), "tidegate h 1/2 __");
}

TEST(ApplicationName, AnotherProgramsNameIsPutBehindOurs) {
  EXPECT_EQ(application_name_with("deploy-tool", "1/2 7", {}), "tidegate deploy-tool 1/2 7");
  EXPECT_FALSE(read_application_name("psql").ours);
  EXPECT_FALSE(read_application_name("").ours);
  EXPECT_FALSE(read_application_name("tidegatex").ours);
}

}  // namespace
}  // namespace tidegate
