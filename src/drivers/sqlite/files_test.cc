#include "drivers/sqlite/files.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include "drivers/sqlite/sqlite_fixture.h"

namespace tidegate::sqlite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SqliteFilesTest : public SqliteTest {
 protected:
  DatabaseUrl url_of(const std::string& name) {
    return driver_.parse("sqlite:" + (directory_ / name).string());
  }
  Driver::Existed drop(Driver::Force force = Driver::Force::no) {
    return driver_.drop_database(url_, {}, force);
  }
};

TEST_F(SqliteFilesTest, MakesADatabaseOnce) {
  EXPECT_EQ(driver_.create_database(url_of("b.db"), {}), Driver::Existed::no);
  EXPECT_EQ(driver_.create_database(url_of("b.db"), {}), Driver::Existed::yes);
  EXPECT_THAT(file_names(), ElementsAre("app.db", "b.db"));
}

TEST_F(SqliteFilesTest, MakesNoDirectory) {
  const Error error = error_of([&] { driver_.create_database(url_of("none/a.db"), {}); });
  EXPECT_EQ(error.code, ErrorCode::usage);
  EXPECT_THAT(error.message, HasSubstr((directory_ / "none").string() + " is not there"));
}

TEST_F(SqliteFilesTest, WhatIsThereAndNoFileIsNotTakenForADatabase) {
  std::filesystem::create_directory(directory_ / "folder.db");
  std::filesystem::create_symlink("nowhere", directory_ / "link.db");
  EXPECT_EQ(error_of([&] { driver_.create_database(url_of("folder.db"), {}); }).code,
            ErrorCode::not_a_database);
  EXPECT_THAT(error_of([&] { driver_.create_database(url_of("link.db"), {}); }).message,
              HasSubstr("symbolic link"));
}

TEST_F(SqliteFilesTest, DropsAllThatBelongsToIt) {
  given("PRAGMA journal_mode = WAL; CREATE TABLE t (a);");
  given_killed_after("INSERT INTO t VALUES (1)");
  std::ofstream(directory_ / "app.db-tidegate") << "";
  std::ofstream(directory_ / "app.db-tidegate-audit") << "who=x\n";
  std::ofstream(directory_ / "app.db-tidegates") << "another's";
  std::ofstream(directory_ / "app.db.bak") << "another's";
  EXPECT_EQ(drop(), Driver::Existed::yes);
  EXPECT_THAT(file_names(), ElementsAre("app.db-tidegates", "app.db.bak"));
  EXPECT_EQ(drop(), Driver::Existed::no);
}

TEST_F(SqliteFilesTest, DropsTheFileBehindALink) {
  std::filesystem::create_symlink("app.db", directory_ / "link.db");
  EXPECT_EQ(driver_.drop_database(url_of("link.db"), {}, Driver::Force::no), Driver::Existed::yes);
  EXPECT_THAT(file_names(), IsEmpty());
}

TEST_F(SqliteFilesTest, DoesNotDropWhatIsNoDatabase) {
  std::ofstream(directory_ / "letter.txt") << std::string(2000, 'x');
  for (const Driver::Force force : {Driver::Force::no, Driver::Force::yes}) {
    EXPECT_EQ(error_of([&] { driver_.drop_database(url_of("letter.txt"), {}, force); }).code,
              ErrorCode::not_a_database);
  }
  EXPECT_THAT(file_names(), ElementsAre("app.db", "letter.txt"));
}

TEST_F(SqliteFilesTest, DoesNotDropUnderAMigrator) {
  const int lock =
      ::open((path_.string() + "-tidegate-audit").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  struct flock range {};
  range.l_type = F_WRLCK;
  ASSERT_EQ(::fcntl(lock, F_OFD_SETLK, &range), 0);
  for (const Driver::Force force : {Driver::Force::no, Driver::Force::yes}) {
    const Error error = error_of([&] { drop(force); });
    EXPECT_EQ(error.code, ErrorCode::blocked);
    EXPECT_THAT(error.message, HasSubstr("a migrator is at work"));
  }
  ::close(lock);
  EXPECT_EQ(drop(), Driver::Existed::yes);
}

TEST_F(SqliteFilesTest, DropsUnderAnotherProgramOnlyByForce) {
  for (const std::string mode : {"DELETE", "WAL"}) {
    driver_.create_database(url_, {});
    given("PRAGMA journal_mode = " + mode + "; CREATE TABLE t (a); INSERT INTO t VALUES (1);");
    sqlite3* other = nullptr;
    sqlite3_open(path_.c_str(), &other);
    sqlite3_exec(other, "BEGIN; SELECT * FROM t", nullptr, nullptr, nullptr);
    const Error error = error_of([&] { drop(); });
    EXPECT_EQ(error.code, ErrorCode::lock_timeout) << mode;
    EXPECT_THAT(error.message, HasSubstr("another program uses it")) << mode;
    EXPECT_TRUE(std::filesystem::exists(path_)) << mode;
    EXPECT_EQ(drop(Driver::Force::yes), Driver::Existed::yes) << mode;
    EXPECT_THAT(file_names(), IsEmpty()) << mode;
    sqlite3_close(other);
  }
}

}  // namespace
}  // namespace tidegate::sqlite
