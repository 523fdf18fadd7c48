#include <gtest/gtest.h>

#include <vector>

#include "tidegate/migration.h"

namespace tidegate {
namespace {

std::string parsed(std::string_view digits) {
  const auto version = Version::parse_integer(digits);
  return version ? version->text() : "none";
}

TEST(Version, ParsesWhatABigintHolds) {
  EXPECT_EQ(parsed("0"), "0");
  EXPECT_EQ(parsed("000"), "0");
  EXPECT_EQ(parsed("007"), "7");
  EXPECT_EQ(parsed("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(parsed("00009223372036854775807"), "9223372036854775807");
  EXPECT_EQ(parsed("9223372036854775808"), "none");
  EXPECT_EQ(parsed("10000000000000000000"), "none");
  for (const char* text : {"", "-1", "+1", " 1", "1.0", "1a"}) EXPECT_EQ(parsed(text), "none");
}

TEST(Version, OrdersPartByPart) {
  const std::vector<std::string> ascending = {
      "0", "1",  "1.9", "1.10", "1.10.1", "9", "10", "20261122120000", "20261122120001",
      "a", "a2", "a10", "b"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      EXPECT_EQ(Version(ascending[i]) <=> Version(ascending[j]), i <=> j)
          << ascending[i] << " and " << ascending[j];
    }
  }
}

TEST(Version, TellsTextsOfOneNumberApart) {
  EXPECT_NE(Version("01"), Version("1"));
  EXPECT_TRUE(Version("01") < Version("1"));
  EXPECT_TRUE(Version("") < Version("0"));
}

TEST(Place, ShowsWhatIsKnown) {
  EXPECT_EQ(to_string(Place{"a.sql", 3, 14}), "a.sql:3:14");
  EXPECT_EQ(to_string(Place{"a.sql"}), "a.sql");
}

TEST(MigrationSet, FindsByVersion) {
  MigrationSet set;
  for (const char* version : {"1", "3", "20"}) {
    Migration migration;
    migration.version = Version(version);
    set.migrations.push_back(migration);
  }
  EXPECT_EQ(set.find(Version("3")), &set.migrations[1]);
  EXPECT_EQ(set.find(Version("2")), nullptr);
  EXPECT_EQ(set.find(Version("21")), nullptr);
}

}  // namespace
}  // namespace tidegate
