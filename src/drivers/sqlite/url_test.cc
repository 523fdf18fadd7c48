#include "drivers/sqlite/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::sqlite {
namespace {

using ::testing::HasSubstr;

struct Case {
  std::string_view url;
  std::string_view path;
};

TEST(SqliteUrl, HasAPathInEachForm) {
  constexpr Case kCases[] = {
      {"sqlite:app.db", "app.db"},
      {"sqlite:./data/app.db", "./data/app.db"},
      {"sqlite:/var/lib/app.db", "/var/lib/app.db"},
      {"sqlite:///var/lib/app.db", "/var/lib/app.db"},
      {"sqlite://data/app.db", "data/app.db"},
      {"SQLite:app.db", "app.db"},
      {"sqlite:my%20app%3F%25.db", "my app?%.db"},
      {"sqlite:caf\xC3\xA9.db", "caf\xC3\xA9.db"},
      {"sqlite:a b#c.db", "a b#c.db"},
      {"sqlite:app.db?", "app.db"},
      {"sqlite:app.db?mode=ro", "app.db"},
  };
  for (const auto& [url, path] : kCases) {
    const DatabaseUrl parsed = parse_url(url);
    EXPECT_EQ(parsed.database, path) << url;
    EXPECT_EQ(parsed.shown, "sqlite:" + std::string(path)) << url;
    EXPECT_EQ(parsed.engine, "sqlite");
    EXPECT_EQ(parsed.text, url);
  }
}

TEST(SqliteUrl, MayAskForADatabaseThatStaysAsItIs) {
  EXPECT_EQ(mode_of(parse_url("sqlite:app.db?mode=ro")), Mode::read_only);
  EXPECT_EQ(mode_of(parse_url("sqlite:app.db?mode=rw")), Mode::read_write);
  EXPECT_EQ(mode_of(parse_url("sqlite:mode=ro")), Mode::read_write);
}

TEST(SqliteUrl, IsKnownByItsSchemeAlone) {
  EXPECT_TRUE(has_scheme("sqlite:x"));
  EXPECT_TRUE(has_scheme("SQLITE:x"));
  EXPECT_FALSE(has_scheme("app.db"));
  EXPECT_FALSE(has_scheme("sqlite"));
  EXPECT_FALSE(has_scheme("postgres://localhost/app"));
}

TEST(SqliteUrl, IsRefusedWithTheReason) {
  constexpr Case kCases[] = {
      {"sqlite:", "needs a path"},
      {"sqlite://", "needs a path"},
      {"sqlite::memory:", "in memory"},
      {"sqlite:app.db?cache=shared", "'cache=shared'"},
      {"sqlite:app.db?mode=ro&mode=rw", "'mode=ro&mode=rw'"},
      {"sqlite:50%.db", "percent escape"},
      {"sqlite:a%zz", "'%zz'"},
      {"sqlite:a%2", "'%2'"},
      {"sqlite:a%00b", "zero byte"},
      {"app.db", "not an sqlite URL"},
  };
  for (const auto& [url, reason] : kCases) {
    try {
      parse_url(url);
      ADD_FAILURE() << url;
    } catch (const Error& error) {
      EXPECT_EQ(error.code, ErrorCode::usage) << url;
      EXPECT_THAT(error.message, HasSubstr(std::string(reason))) << url;
    }
  }
}

}  // namespace
}  // namespace tidegate::sqlite
