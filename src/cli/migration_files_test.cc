#include "cli/migration_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tidegate/error.h"

namespace tidegate::cli {
namespace {

TEST(SnakeCase, IsWhatAFileNameHas) {
  EXPECT_EQ(snake_case("CreateUsers"), "create_users");
  EXPECT_EQ(snake_case("create users"), "create_users");
  EXPECT_EQ(snake_case("create-users"), "create_users");
  EXPECT_EQ(snake_case("create_users"), "create_users");
  EXPECT_EQ(snake_case(" Add  an Index to HTTPServers "), "add_an_index_to_http_servers");
  EXPECT_EQ(snake_case("addV2Columns"), "add_v2_columns");
  EXPECT_EQ(snake_case("v2"), "v2");
}

TEST(SnakeCase, StaysInTheFolder) {
  EXPECT_EQ(snake_case("../evil"), "evil");
  EXPECT_EQ(snake_case("a/b.sql\n"), "a_b_sql");
}

TEST(SnakeCase, IsEmptyWhereThereIsNoWord) {
  for (const char* text : {"", " ", "-_-", "..", "/"}) EXPECT_EQ(snake_case(text), "") << text;
}

TEST(NextVersion, IsTheTimeInUtc) {
  const auto noon = std::chrono::system_clock::from_time_t(1795348800);
  EXPECT_EQ(next_version({}, noon).text(), "20261122120000");
  EXPECT_EQ(next_version(Version("7"), noon).text(), "20261122120000");
}

TEST(NextVersion, IsAboveTheNewest) {
  const auto noon = std::chrono::system_clock::from_time_t(1795348800);
  EXPECT_EQ(next_version(Version("20261122120000"), noon).text(), "20261122120001");
  EXPECT_EQ(next_version(Version("20301231235959"), noon).text(), "20301231235960");
  EXPECT_THROW(next_version(Version("9223372036854775807"), noon), Error);
}

TEST(NewFile, HasNoDirective) {
  EXPECT_EQ(up_text("create_users").find("tidegate:"), std::string::npos);
  EXPECT_EQ(down_text("create_users").find("tidegate:"), std::string::npos);
}

TEST(NewFile, IsNeverWrittenOverAnother) {
  const std::string path = testing::TempDir() + "new_file_" + std::to_string(getpid()) + ".sql";
  write_new_file(path, "one");
  EXPECT_THROW(write_new_file(path, "two"), Error);
  std::string text;
  std::getline(std::ifstream(path), text);
  EXPECT_EQ(text, "one");
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace tidegate::cli
