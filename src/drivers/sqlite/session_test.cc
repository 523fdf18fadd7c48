#include "drivers/sqlite/session.h"

#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <chrono>
#include <thread>

#include "drivers/sqlite/sqlite_fixture.h"
#include "tidegate/code.h"

namespace tidegate::sqlite {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class SqliteSessionTest : public SqliteTest {
 protected:
  Error failure(Session& session, const std::string& text) {
    const TransactionsResult result = run(session, {text});
    EXPECT_EQ(result.committed_count, 0U);
    return result.error.value_or(Error(ErrorCode::internal, "it did not fail"));
  }
  static std::string place(const Error& error) {
    return error.place.file + ":" + std::to_string(error.place.line) + ":" +
           std::to_string(error.place.column);
  }
  std::string tables() {
    return cell("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema ORDER BY name)");
  }
};

TEST_F(SqliteSessionTest, S24_AnErrorPointsAtTheToken) {
  const auto migrating = session();
  const Error error = failure(*migrating, "CREATE TABLE a (x);\n-- caf\xC3\xA9\n  CRATE TABLE b;");
  EXPECT_EQ(error.code, ErrorCode::statement_failed);
  EXPECT_EQ(error.message, "near \"CRATE\": syntax error");
  EXPECT_EQ(place(error), "migrations/1_a.sql:3:3");
  EXPECT_EQ(error.statement, "CRATE TABLE b");
  EXPECT_EQ(error.server_code, "SQLITE_ERROR");
  EXPECT_EQ(tables(), "");

  const Error later = failure(*migrating, "SELECT 1;\nSELECT 'a',\n  'b' FROM nowhere WHERE;");
  EXPECT_EQ(place(later), "migrations/1_a.sql:3:25");
  EXPECT_EQ(place(failure(*migrating, "CREATE TABLE b (")), "migrations/1_a.sql:1:1");
}

TEST_F(SqliteSessionTest, AnErrorWhileAStatementRunsPointsAtTheStatement) {
  const Error error = failure(*session(),
                              "CREATE TABLE a (x UNIQUE); INSERT INTO a VALUES (1);\n"
                              "/* again */ INSERT INTO a VALUES (1);");
  EXPECT_EQ(error.server_code, "SQLITE_CONSTRAINT_UNIQUE");
  EXPECT_EQ(error.message, "UNIQUE constraint failed: a.x");
  EXPECT_EQ(place(error), "migrations/1_a.sql:2:13");
  EXPECT_EQ(error.statement, "INSERT INTO a VALUES (1)");
}

TEST_F(SqliteSessionTest, ATriggersBodyIsOneStatement) {
  const auto migrating = session();
  const TransactionsResult result = run(*migrating, {R"(
      CREATE TABLE a (x); CREATE TABLE log (x);
      CREATE TRIGGER t AFTER INSERT ON a BEGIN
        INSERT INTO log VALUES (CASE WHEN new.x > 1 THEN 'a;b' ELSE '--' END);
        INSERT INTO log VALUES ('END;');
      END;
      INSERT INTO a VALUES (2);
      ;; -- nothing more)"});
  EXPECT_FALSE(result.error);
  EXPECT_EQ(listened_.heard,
            (std::vector<std::string>{"start 0", "statement 0 0", "statement 0 1", "statement 0 2",
                                      "statement 0 3", "commit 0"}));
  EXPECT_EQ(cell("SELECT group_concat(x) FROM log"), "a;b,END;");
}

TEST_F(SqliteSessionTest, AScriptOfCommentsIsCommittedWithItsRecord) {
  given("CREATE TABLE h (v)");
  const Script empty = script("-- nothing\n");
  const std::vector<Transaction> transactions{{.label = {},
                                               .guards = {},
                                               .script = &empty,
                                               .epilogue = {{"INSERT INTO h VALUES ($1)", {"1"}}},
                                               .lock_timeout = {}}};
  EXPECT_EQ(session()->run(transactions, listened_).committed_count, 1U);
  EXPECT_EQ(cell("SELECT v FROM h"), "1");
}

TEST_F(SqliteSessionTest, S23_TransactionControlInAScriptIsNotLetThrough) {
  const auto migrating = session();
  for (const std::string word : {"COMMIT", "END", "ROLLBACK", "BEGIN", "BEGIN IMMEDIATE"}) {
    const Error error =
        failure(*migrating, "CREATE TABLE a (x);\n " + word + "; CREATE TABLE b (x);");
    EXPECT_EQ(error.code, ErrorCode::statement_failed) << word;
    EXPECT_THAT(error.message, HasSubstr("shares with its record")) << word;
    EXPECT_EQ(place(error), "migrations/1_a.sql:2:2") << word;
    EXPECT_EQ(tables(), "") << word;
  }
  EXPECT_FALSE(
      run(*migrating, {"SAVEPOINT s; CREATE TABLE a (x); ROLLBACK TO s; RELEASE s;"}).error);
  EXPECT_EQ(tables(), "");
}

TEST_F(SqliteSessionTest, S23_AConflictThatRollsBackAllIsAFailureLikeAnyOther) {
  const auto migrating = session();
  failure(*migrating,
          "CREATE TABLE a (x UNIQUE); INSERT INTO a VALUES (1);"
          "INSERT OR ROLLBACK INTO a VALUES (1);");
  EXPECT_EQ(tables(), "");
  EXPECT_FALSE(run(*migrating, {"CREATE TABLE b (x)"}).error);
}

TEST_F(SqliteSessionTest, CodeThatCatchesSuchAConflictCanDoNothingMore) {
  given("CREATE TABLE a (x UNIQUE); INSERT INTO a VALUES (1)");
  Script code;
  code.file = "1_code (C++)";
  code.code = [](Work& work) {
    for (const char* statement :
         {"INSERT INTO a VALUES (2)", "INSERT OR ROLLBACK INTO a VALUES (1)",
          "INSERT INTO a VALUES (3)"}) {
      try {
        work.execute({statement});
      } catch (const Error&) {
      }
    }
  };
  Transaction transaction;
  transaction.script = &code;
  const TransactionsResult result = session()->run({&transaction, 1}, listened_);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->statement, "INSERT OR ROLLBACK INTO a VALUES (1)");
  EXPECT_EQ(to_string(result.error->place), "1_code (C++)");
  EXPECT_EQ(cell("SELECT group_concat(x) FROM a"), "1");
}

TEST_F(SqliteSessionTest, S23_NoSettingOutlivesItsMigration) {
  const auto migrating = session();
  const std::string other = (directory_ / "other.db").string();
  std::ofstream(other).close();
  for (const std::string& leak :
       {std::string("PRAGMA recursive_triggers = ON"),
        std::string("PRAGMA legacy_alter_table = ON"), std::string("PRAGMA writable_schema = ON"),
        std::string("PRAGMA query_only = ON"), std::string("PRAGMA ignore_check_constraints = ON"),
        std::string("PRAGMA busy_timeout = 0"), std::string("PRAGMA case_sensitive_like = ON"),
        std::string("CREATE TEMP TABLE leaked (a)"), "ATTACH '" + other + "' AS leaked"}) {
    listened_.heard.clear();
    const TransactionsResult result = run(*migrating, {"CREATE TABLE IF NOT EXISTS a (x);" + leak});
    EXPECT_FALSE(result.error) << leak << ": " << result.error->message;
    EXPECT_EQ(cell(*migrating, "PRAGMA recursive_triggers"), "0") << leak;
    EXPECT_EQ(cell(*migrating, "PRAGMA legacy_alter_table"), "0") << leak;
    EXPECT_EQ(cell(*migrating, "PRAGMA writable_schema"), "0") << leak;
    EXPECT_EQ(cell(*migrating, "PRAGMA query_only"), "0") << leak;
    EXPECT_EQ(cell(*migrating, "PRAGMA ignore_check_constraints"), "0") << leak;
    EXPECT_EQ(cell(*migrating, "SELECT 'a' LIKE 'A'"), "1") << leak;
    EXPECT_EQ(cell(*migrating, "SELECT count(*) FROM sqlite_temp_schema"), "0") << leak;
    EXPECT_EQ(cell(*migrating, "SELECT count(*) FROM pragma_database_list WHERE name = 'leaked'"),
              "0")
        << leak;
  }
}

TEST_F(SqliteSessionTest, AParameterInAScriptIsRefusedSinceItWouldBeNull) {
  const Error error = failure(*session(), "CREATE TABLE a (x); INSERT INTO a VALUES ($price);");
  EXPECT_THAT(error.message, HasSubstr("$price"));
  EXPECT_FALSE(run(*session(), {"CREATE TABLE a (x); INSERT INTO a VALUES ('$price ?');"}).error);
}

TEST_F(SqliteSessionTest, AParameterUsedTwiceIsOneValue) {
  const Rows rows = session()->execute({"SELECT $2 || $1 || $2", {"a", "b"}});
  EXPECT_EQ(rows.text(0, 0), "bab");
  EXPECT_EQ(error_of([&] { session()->execute({"SELECT $2", {"a"}}); }).code, ErrorCode::internal);
  EXPECT_EQ(error_of([&] { session()->execute({"SELECT 1; SELECT 2"}); }).code,
            ErrorCode::internal);
}

TEST_F(SqliteSessionTest, AStrangersLockIsWaitedForOnlySoLong) {
  sqlite3* other = nullptr;
  const auto migrating = session();
  sqlite3_open(path_.c_str(), &other);
  sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
  const Script create = script("CREATE TABLE a (x)");
  const std::vector<Transaction> transactions{
      {.label = {}, .guards = {}, .script = &create, .epilogue = {}, .lock_timeout = 100ms}};
  const auto start = std::chrono::steady_clock::now();
  const TransactionsResult result = migrating->run(transactions, listened_);
  EXPECT_EQ(result.error->code, ErrorCode::lock_timeout);
  EXPECT_EQ(result.error->server_code, "SQLITE_BUSY");
  EXPECT_THAT(result.error->message, HasSubstr("longer than 100ms"));
  EXPECT_GE(std::chrono::steady_clock::now() - start, 100ms);

  std::jthread freeing([&] {
    std::this_thread::sleep_for(100ms);
    sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr);
  });
  EXPECT_FALSE(run(*migrating, {"CREATE TABLE a (x)"}).error);
  freeing.join();
  sqlite3_close(other);
}

TEST_F(SqliteSessionTest, AReaderInTheWayOfACommitIsWaitedFor) {
  given("CREATE TABLE a (x); INSERT INTO a VALUES (1), (2);");
  sqlite3* other = nullptr;
  sqlite3_open(path_.c_str(), &other);
  sqlite3_exec(other, "BEGIN; SELECT * FROM a", nullptr, nullptr, nullptr);
  std::jthread freeing([&] {
    std::this_thread::sleep_for(100ms);
    sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr);
  });
  EXPECT_FALSE(run(*session(), {"DELETE FROM a"}).error);
  freeing.join();
  sqlite3_close(other);
}

TEST_F(SqliteSessionTest, RunsAloneWhatCannotBeInATransaction) {
  const auto migrating = session();
  Script alone = script("VACUUM;\nPRAGMA journal_mode = WAL;\nVACUM;\nBEGIN;\nSAVEPOINT a");
  const auto statement = [&](std::string_view text) {
    Statement found;
    found.offset = alone.text.find(text);
    found.size_bytes = text.size();
    return found;
  };
  alone.statements = {statement("VACUUM"), statement("PRAGMA journal_mode = WAL"),
                      statement("VACUM;"), statement("BEGIN"), statement("SAVEPOINT a")};
  migrating->run_alone(alone, alone.statements[0], {}, listened_);
  migrating->run_alone(alone, alone.statements[1], {}, listened_);
  EXPECT_EQ(migrating->execute({"PRAGMA journal_mode"}).text(0, 0), "wal");
  const Error error =
      error_of([&] { migrating->run_alone(alone, alone.statements[2], {}, listened_); });
  EXPECT_EQ(place(error), "migrations/1_a.sql:3:1");
  for (const std::size_t index : {3U, 4U}) {
    EXPECT_THAT(error_of([&] {
                  migrating->run_alone(alone, alone.statements[index], {}, listened_);
                }).message,
                HasSubstr("outside a transaction"));
  }
  EXPECT_FALSE(run(*migrating, {"CREATE TABLE a (x)"}).error);
}

TEST_F(SqliteSessionTest, AStopUndoesTheTransactionAtWork) {
  std::stop_source stop;
  const auto migrating = session(stopped_by(stop));
  std::jthread stopping([&] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  const TransactionsResult result =
      run(*migrating, {"CREATE TABLE a (x)",
                       "CREATE TABLE b AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
                       "SELECT i + 1 FROM n) SELECT i FROM n"});
  EXPECT_EQ(result.committed_count, 1U);
  EXPECT_EQ(result.error->code, ErrorCode::interrupted);
  EXPECT_EQ(tables(), "a");
}

TEST_F(SqliteSessionTest, S22_AFullDatabaseIsAFullDisk) {
  given("CREATE TABLE a (x)");
  const auto migrating = session();
  const Error error =
      failure(*migrating, "PRAGMA max_page_count = 3; INSERT INTO a VALUES (randomblob(100000));");
  EXPECT_EQ(error.code, ErrorCode::disk_full);
  EXPECT_EQ(error.server_code, "SQLITE_FULL");
  EXPECT_EQ(cell("SELECT count(*) FROM a"), "0");
  EXPECT_FALSE(run(*migrating, {"INSERT INTO a VALUES (randomblob(100000));"}).error);
}

/// Leaves little room for what this process writes from now on: a small file system of its own
/// where it may make one, else files that can't grow, which SQLite tells as another error.
class LittleRoom {
 public:
  explicit LittleRoom(const std::filesystem::path& directory) {
    full_disk_ = ::unshare(CLONE_NEWNS) == 0 &&
                 ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                 ::mount("tmpfs", directory.c_str(), "tmpfs", 0, "size=128k") == 0;
    if (full_disk_) return;
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{128 * 1024, 128 * 1024};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  std::string server_code() const { return full_disk_ ? "SQLITE_FULL" : "SQLITE_IOERR_WRITE"; }

 private:
  bool full_disk_ = false;
};

TEST_F(SqliteSessionTest, S22_NoRoomForACommitLosesNothing) {
  const int status = in_child([&] {
    const LittleRoom room(directory_);
    std::ofstream(path_).close();
    given("CREATE TABLE a (x); INSERT INTO a VALUES (1);");
    const auto migrating = session();
    const Error error = failure(*migrating, "INSERT INTO a VALUES (randomblob(300000));");
    if (error.server_code != room.server_code()) ::_exit(1);
    if (cell("SELECT count(*) FROM a") != "1") ::_exit(2);
    if (cell("PRAGMA integrity_check") != "ok") ::_exit(3);
    if (run(*migrating, {"INSERT INTO a VALUES (2)"}).error) ::_exit(4);
  });
  EXPECT_EQ(status, 0);
}

TEST_F(SqliteSessionTest, S22_AReadOnlyFileOrDirectoryIsSaidToBe) {
  given("CREATE TABLE a (x)");
  const auto code_as_stranger = [&](mode_t file, mode_t directory) {
    ::chmod(path_.c_str(), file);
    ::chmod(directory_.c_str(), directory);
    return WEXITSTATUS(in_child([&] {
      become_stranger();
      const auto migrating = session();
      ::_exit(static_cast<int>(failure(*migrating, "INSERT INTO a VALUES (1)").code));
    }));
  };
  EXPECT_EQ(code_as_stranger(0444, 0755), static_cast<int>(ErrorCode::read_only));
  EXPECT_EQ(code_as_stranger(0666, 0555), static_cast<int>(ErrorCode::read_only));
  EXPECT_EQ(cell("SELECT count(*) FROM a"), "0");
}

TEST_F(SqliteSessionTest, S12_AKilledMigratorLeavesWholeMigrationsOnly) {
  given("CREATE TABLE h (v INTEGER PRIMARY KEY)");
  for (const std::string mode : {"DELETE", "WAL"}) {
    given("DELETE FROM h; PRAGMA journal_mode = " + mode);
    const int status = in_child([&] {
      const auto migrating = session();
      for (int count = 0;; ++count) {
        const std::string value = std::to_string(count);
        if (count == 5) {
          std::thread([] {
            std::this_thread::sleep_for(100ms);
            ::raise(SIGKILL);
          }).detach();
          run(*migrating, {"INSERT INTO h VALUES (" + value +
                           "); CREATE TABLE big AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
                           "SELECT i + 1 FROM n) SELECT randomblob(100) FROM n"});
        }
        run(*migrating, {"INSERT INTO h VALUES (" + value + ")"});
      }
    });
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(cell("SELECT count(*) FROM h"), "5") << mode;
    EXPECT_FALSE(run(*session(), {"INSERT INTO h VALUES (5)"}).error);
    EXPECT_EQ(cell("SELECT count(*) FROM h"), "6") << mode;
    EXPECT_EQ(cell("SELECT count(*) FROM sqlite_schema"), "1") << mode;
  }
}

TEST_F(SqliteSessionTest, ThreeThousandTransactionsAreOneRun) {
  // In memory, where there is such a place: it isn't the disk that is tested.
  const std::filesystem::path shared = "/dev/shm";
  if (std::filesystem::is_directory(shared)) {
    path_ = shared / directory_.filename();
    url_ = driver_.parse("sqlite:" + path_.string());
    driver_.create_database(url_, {});
  }
  given("PRAGMA journal_mode = WAL; CREATE TABLE h (v INTEGER PRIMARY KEY); CREATE TABLE a (x)");
  std::vector<Script> scripts;
  for (int count = 0; count < 3000; ++count) {
    scripts.push_back(script("INSERT INTO a VALUES (" + std::to_string(count) + ")"));
  }
  std::vector<Transaction> transactions;
  for (std::size_t index = 0; index < scripts.size(); ++index) {
    const std::string version = std::to_string(index);
    transactions.push_back({.label = {},
                            .guards = {{"NOT EXISTS (SELECT 1 FROM h WHERE v = $1)", {version}}},
                            .script = &scripts[index],
                            .epilogue = {{"INSERT INTO h VALUES ($1)", {version}}},
                            .lock_timeout = {}});
  }
  EXPECT_EQ(session()->run(transactions, listened_).committed_count, 3000U);
  EXPECT_EQ(cell("SELECT count(*) FROM h"), "3000");
  EXPECT_EQ(listened_.heard.size(), 9000U);
  driver_.drop_database(url_, {}, Driver::Force::yes);
}

TEST_F(SqliteSessionTest, ALongScriptTakesTimeInProportion) {
  std::string text = "CREATE TABLE a (x);";
  for (int count = 0; count < 20'000; ++count) text += "INSERT INTO a VALUES ('some text');\n";
  EXPECT_FALSE(run(*session(), {text}).error);
  EXPECT_EQ(cell("SELECT count(*) FROM a"), "20000");
}

TEST_F(SqliteSessionTest, S22_AUrlMayAskForADatabaseThatStaysAsItIs) {
  given("CREATE TABLE a (x)");
  const DatabaseUrl url = driver_.parse(url_.text + "?mode=ro");
  const auto migrating = driver_.open_session(url, {});
  EXPECT_EQ(failure(*migrating, "INSERT INTO a VALUES (1)").code, ErrorCode::read_only);
  EXPECT_EQ(cell(*migrating, "SELECT count(*) FROM a"), "0");
  EXPECT_EQ(error_of([&] { driver_.create_database(url, {}); }).code, ErrorCode::read_only);
  EXPECT_EQ(error_of([&] { driver_.drop_database(url, {}, Driver::Force::yes); }).code,
            ErrorCode::read_only);
}

TEST_F(SqliteSessionTest, ForeignKeysOfTransactionsThatAreCommittedTogetherAreCheckedAtTheEnd) {
  given("CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (a REFERENCES a(id));");
  const std::vector<Script> scripts{script("INSERT INTO b VALUES (1)"),
                                    script("INSERT INTO a VALUES (1)")};
  std::vector<Transaction> transactions(2);
  transactions[0].script = &scripts[0];
  transactions[0].commit = Transaction::Commit::with_next;
  transactions[1].script = &scripts[1];
  const auto migrating = session();
  EXPECT_EQ(migrating->run({transactions.data(), 1}, listened_).committed_count, 0U);
  EXPECT_EQ(migrating->run(transactions, listened_).committed_count, 2U);
}

TEST_F(SqliteSessionTest, SchemasAreRefused) {
  ConnectOptions options;
  options.schema = "a";
  EXPECT_EQ(error_of([&] { session(options); }).code, ErrorCode::usage);
  EXPECT_EQ(driver_.quote_identifier("a\"b"), "\"a\"\"b\"");
}

}  // namespace
}  // namespace tidegate::sqlite
