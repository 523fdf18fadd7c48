#include "drivers/sqlite/reader.h"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "drivers/sqlite/look_vfs.h"
#include "drivers/sqlite/sqlite_fixture.h"

namespace tidegate::sqlite {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SqliteReaderTest : public SqliteTest {
 protected:
  static constexpr const char* kCount = "SELECT count(*) FROM users";

  /// Enough rows that pages reach the file long before the commit.
  static std::string many_rows(const std::string& table) {
    return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
           "INSERT INTO " +
           table + " SELECT NULL, hex(randomblob(200)) FROM n;";
  }
  void given_users() {
    given(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users VALUES (1, "
        "'a'), (2, 'b');");
  }
  void given_wal_users() {
    given("PRAGMA journal_mode = WAL;");
    given_users();
  }
};

TEST_F(SqliteReaderTest, AnEmptyFileIsAnEmptyDatabase) {
  EXPECT_EQ(cell("SELECT count(*) FROM sqlite_schema"), "0");
  EXPECT_THAT(files(), ElementsAre(std::pair("app.db", "")));
}

TEST_F(SqliteReaderTest, WhatIsNoDatabaseIsSaidToBeNone) {
  const auto code_of = [&](const std::string& name) {
    const DatabaseUrl url = driver_.parse("sqlite:" + (directory_ / name).string());
    const Error error = error_of([&] { driver_.open_reader(url, {}); });
    EXPECT_THAT(error.message, HasSubstr(name));
    EXPECT_EQ(error_of([&] { driver_.open_session(url, {}); }).code, error.code) << name;
    return error.code;
  };
  std::ofstream(directory_ / "text.db") << std::string(5000, 'x');
  std::filesystem::create_directory(directory_ / "folder.db");
  ASSERT_EQ(::mkfifo((directory_ / "pipe.db").c_str(), 0644), 0);
  EXPECT_EQ(code_of("absent.db"), ErrorCode::no_database);
  EXPECT_EQ(code_of("text.db"), ErrorCode::not_a_database);
  EXPECT_EQ(code_of("folder.db"), ErrorCode::not_a_database);
  EXPECT_EQ(code_of("pipe.db"), ErrorCode::not_a_database);
}

TEST_F(SqliteReaderTest, AFileThatMayNotBeReadIsDenied) {
  given_users();
  ASSERT_EQ(::chmod(path_.c_str(), 0), 0);
  const int status = in_child([&] {
    become_stranger();
    const Error error = error_of([&] { reader(); });
    ::_exit(error.code == ErrorCode::access_denied ? 0 : 1);
  });
  EXPECT_EQ(status, 0);
}

TEST_F(SqliteReaderTest, AbsentTablesAndColumnsHaveCodesOfTheirOwn) {
  given_users();
  const std::vector<Query> queries{
      {"SELECT a FROM absent"}, {"SELECT absent FROM users"}, {"SELEC"}, {kCount}};
  const auto results = reader()->read(queries);
  EXPECT_EQ(std::get<Error>(results[0]).code, ErrorCode::no_table);
  EXPECT_EQ(std::get<Error>(results[1]).code, ErrorCode::foreign_table);
  EXPECT_EQ(std::get<Error>(results[2]).code, ErrorCode::statement_failed);
  EXPECT_EQ(std::get<Rows>(results[3]).text(0, 0), "2");
}

TEST_F(SqliteReaderTest, ItCannotWrite) {
  given_users();
  const auto before = files();
  const auto looking = reader();
  EXPECT_THAT(cell(*looking, "DELETE FROM users"), HasSubstr("can't be run as a read"));
  EXPECT_THAT(cell(*looking, "CREATE TABLE t (a)"), HasSubstr("can't be run as a read"));
  EXPECT_EQ(files(), before);
}

TEST_F(SqliteReaderTest, TheViewItselfRefusesToWrite) {
  given_users();
  const auto before = files();
  const LookVfs vfs;
  Connection connection({.path = path_.string(), .shown = "it", .vfs = vfs.name()}, {});
  EXPECT_EQ(error_of([&] { connection.execute("DELETE FROM users"); }).code, ErrorCode::read_only);
  EXPECT_EQ(files(), before);
}

TEST_F(SqliteReaderTest, AWalDatabaseThatNobodyUsesStaysAsItIs) {
  given_wal_users();
  const auto before = files();
  ASSERT_THAT(file_names(), ElementsAre("app.db"));
  EXPECT_EQ(cell(kCount), "2");
  EXPECT_EQ(files(), before);
}

TEST_F(SqliteReaderTest, AWalThatACrashLeftIsReadAndLeftAsItIs) {
  given_wal_users();
  given_killed_after("INSERT INTO users VALUES (3, 'c');");
  std::filesystem::remove(path_.string() + "-shm");  // as after a copy of the other two
  const auto before = files();
  ASSERT_THAT(file_names(), ElementsAre("app.db", "app.db-wal"));
  EXPECT_EQ(cell(kCount), "3");
  EXPECT_EQ(files(), before);
}

TEST_F(SqliteReaderTest, AWalIsReadWhileOthersWriteIt) {
  given_wal_users();
  const auto writing = session();
  writing->execute({"INSERT INTO users VALUES (3, 'c')"});
  const auto looking = reader();
  EXPECT_EQ(cell(*looking, kCount), "3");
  writing->execute({"INSERT INTO users VALUES (4, 'd')"});
  EXPECT_EQ(cell(*looking, kCount), "4");
}

TEST_F(SqliteReaderTest, WhatWasReadDoesNotCountOnceAnotherBeganToWriteTheWal) {
  given_wal_users();
  const LookVfs vfs;
  Connection connection({.path = path_.string(), .shown = "it", .vfs = vfs.name()}, {});
  EXPECT_TRUE(vfs.still_true());
  session()->execute({"INSERT INTO users VALUES (3, 'c')"});
  EXPECT_FALSE(vfs.still_true());
}

// The rollback journal of a dead program: SQLite would have to write the file before it may read.
TEST_F(SqliteReaderTest, S25_WhatADeadProgramLeftHalfDoneIsNotSeenNorTouched) {
  given_users();
  given("CREATE TABLE pets (id INTEGER PRIMARY KEY, name TEXT);");
  for (int round = 0; round < 2; ++round) {
    given_killed_after("PRAGMA cache_size = 10; BEGIN IMMEDIATE; DELETE FROM users;" +
                       many_rows("pets"));
    const auto before = files();
    ASSERT_THAT(file_names(), ElementsAre("app.db", "app.db-journal"));
    const auto looking = reader();
    EXPECT_EQ(cell(*looking, kCount), "2");
    EXPECT_EQ(cell(*looking, "SELECT count(*) FROM pets"), round == 0 ? "0" : "2000");
    EXPECT_EQ(cell(*looking, "PRAGMA integrity_check"), "ok");
    EXPECT_EQ(files(), before);
    // A migrator does roll it back; the next round starts from a file that has grown.
    run(*session(), {many_rows("pets")});
    EXPECT_THAT(file_names(), ElementsAre("app.db"));
  }
}

TEST_F(SqliteReaderTest, S27_ReadRightsAreEnoughInEachJournalMode) {
  for (const bool wal : {false, true}) {
    std::filesystem::remove(path_);
    std::ofstream(path_).close();
    wal ? given_wal_users() : given_users();
    ASSERT_EQ(::chmod(path_.c_str(), 0444), 0);
    ASSERT_EQ(::chmod(directory_.c_str(), 0555), 0);
    const auto before = files();
    EXPECT_EQ(in_child([&] {
                become_stranger();
                if (cell(kCount) != "2") ::_exit(1);
              }),
              0);
    EXPECT_EQ(files(), before);
    ASSERT_EQ(::chmod(directory_.c_str(), 0755), 0);
    ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
  }
}

TEST_F(SqliteReaderTest, S27_ReadRightsAreEnoughWhileAnotherWritesTheWal) {
  given_wal_users();
  const auto writing = session();
  writing->execute({"INSERT INTO users VALUES (3, 'c')"});
  ASSERT_EQ(::chmod(directory_.c_str(), 0555), 0);
  EXPECT_EQ(in_child([&] {
              become_stranger();
              if (cell(kCount) != "3") ::_exit(1);
            }),
            0);
}

TEST_F(SqliteReaderTest, AFileThatTookTheOthersPlaceIsSeen) {
  given_users();
  const auto looking = reader();
  std::filesystem::rename(path_, directory_ / "old.db");
  EXPECT_EQ(error_of([&] { looking->read({}); }).code, ErrorCode::no_database);
  std::ofstream(path_).close();
  given("CREATE TABLE users (a); INSERT INTO users VALUES (1)");
  EXPECT_EQ(cell(*looking, kCount), "1");
}

TEST_F(SqliteReaderTest, ALinkLeadsToTheDatabase) {
  given_users();
  std::filesystem::create_symlink("app.db", directory_ / "link.db");
  const DatabaseUrl link = driver_.parse("sqlite:" + (directory_ / "link.db").string());
  EXPECT_EQ(cell(*driver_.open_reader(link, {}), kCount), "2");
}

TEST_F(SqliteReaderTest, NothingIsHeldBetweenReads) {
  given_users();
  const auto looking = reader();
  EXPECT_EQ(cell(*looking, kCount), "2");
  given("BEGIN EXCLUSIVE; DELETE FROM users; COMMIT;");  // needs every reader gone
  given("PRAGMA journal_mode = WAL;");                   // needs every user gone
  EXPECT_EQ(cell(*looking, kCount), "0");
  given("PRAGMA journal_mode = DELETE;");
}

TEST_F(SqliteReaderTest, ALockedFileIsWaitedForAndThenSaidToBeLocked) {
  given_users();
  sqlite3* other = nullptr;
  sqlite3_open(path_.c_str(), &other);
  sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr);
  const auto deadline = std::chrono::steady_clock::now() + 200ms;
  EXPECT_EQ(error_of([&] { reader(until(deadline)); }).code, ErrorCode::timed_out);
  EXPECT_GE(std::chrono::steady_clock::now(), deadline);

  std::jthread freed([&] {
    std::this_thread::sleep_for(100ms);
    sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr);
  });
  EXPECT_EQ(cell(kCount), "2");
  freed.join();
  sqlite3_close(other);
}

TEST_F(SqliteReaderTest, AStopEndsALongReadAtOnce) {
  std::stop_source stop;
  const auto looking = reader(stopped_by(stop));
  std::jthread stopping([&] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  const Error error = error_of([&] {
    cell(*looking,
         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
         "SELECT count(*) FROM n");
  });
  EXPECT_EQ(error.code, ErrorCode::interrupted);
}

}  // namespace
}  // namespace tidegate::sqlite
