#ifdef TIDEGATE_WITH_POSTGRES

#include "lock/session_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "drivers/postgres/test_server.h"

namespace tidegate {
namespace {

using postgres::Memory;
using postgres::PostgresTest;
using postgres::script_of;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

class SessionLockTest : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    ours = open();
    theirs = open();
  }
  void TearDown() override {
    ours.reset();
    theirs.reset();
    PostgresTest::TearDown();
  }

  std::optional<Holder> seen_by(Reader& reader, const LockedHistory& history) {
    const SessionLockView view(history);
    return view.holder(reader.read(view.reads()));
  }

  /// A transaction of one statement, guarded by the lock.
  TransactionsResult run(Session& session, const HeldLock& held, const std::string& statement) {
    const Script script = script_of("m.sql", {statement});
    Transaction transaction;
    transaction.label = "1/1 7";
    transaction.script = &script;
    transaction.guards = held.guards();
    return session.run({&transaction, 1}, memory);
  }

  const LockedHistory kHistory{"", "history"};
  std::unique_ptr<Session> ours;
  std::unique_ptr<Session> theirs;
  Memory memory;
};

TEST_F(SessionLockTest, OnlyOneHoldsIt) {
  SessionLock first(*ours, kHistory);
  SessionLock second(*theirs, kHistory);
  auto held = first.try_acquire();
  ASSERT_TRUE(held);
  EXPECT_FALSE(second.try_acquire());
  held.reset();
  EXPECT_TRUE(second.try_acquire());
}

TEST_F(SessionLockTest, GoesWithItsSession) {
  auto held = SessionLock(*ours, kHistory).try_acquire();
  ours->execute({"SELECT 1"});
  theirs->execute(
      {"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
       "current_database() AND pid <> pg_backend_pid()"});
  std::unique_ptr<HeldLock> next;
  for (int i = 0; i < 200 && !next; ++i) {
    next = SessionLock(*theirs, kHistory).try_acquire();
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_TRUE(next);
}

TEST_F(SessionLockTest, HistoriesOfOtherNamesOrSchemasDontMeet) {
  const auto held = SessionLock(*ours, kHistory).try_acquire();
  EXPECT_TRUE(SessionLock(*theirs, {"", "other_history"}).try_acquire());
  EXPECT_TRUE(SessionLock(*theirs, {"tenant", "history"}).try_acquire());
  EXPECT_FALSE(SessionLock(*theirs, {"public", "history"}).try_acquire());
}

TEST_F(SessionLockTest, IsThatOfTheTableWhereverTheSearchPathLeads) {
  ours->execute({"CREATE SCHEMA app"});
  ours->execute({"CREATE TABLE app.\"His\"\"tory\" (id int)"});
  const LockedHistory history{"", "His\"tory"};
  ConnectOptions options;
  options.schema = "app";
  const auto tenant = open(options);
  const auto held = SessionLock(*tenant, history).try_acquire();
  ASSERT_TRUE(held);
  EXPECT_FALSE(SessionLock(*theirs, {"app", "His\"tory"}).try_acquire());
  EXPECT_TRUE(SessionLock(*theirs, {"public", "His\"tory"}).try_acquire());
  EXPECT_TRUE(SessionLock(*theirs, history).try_acquire());
}

TEST_F(SessionLockTest, StaysTheSameWhenTheTableIsMade) {
  const auto held = SessionLock(*ours, kHistory).try_acquire();
  ours->execute({"CREATE TABLE history (id int)"});
  EXPECT_FALSE(SessionLock(*theirs, kHistory).try_acquire());
}

TEST_F(SessionLockTest, AScriptThatLetsGoOfItTakesItBack) {
  const auto held = SessionLock(*ours, kHistory).try_acquire();
  EXPECT_FALSE(run(*ours, *held, "SELECT pg_advisory_unlock_all()").error);
  EXPECT_FALSE(SessionLock(*theirs, kHistory).try_acquire());
}

TEST_F(SessionLockTest, WhoLostItIsFencedBeforeAndAfterTheScript) {
  const auto held = SessionLock(*ours, kHistory).try_acquire();
  ours->execute({"SELECT pg_advisory_unlock_all()"});
  const auto next = SessionLock(*theirs, kHistory).try_acquire();
  ASSERT_TRUE(next);
  TransactionsResult result = run(*ours, *held, "CREATE TABLE t (id int)");
  EXPECT_EQ(result.error->code, ErrorCode::fenced);
  EXPECT_EQ(value("SELECT to_regclass('t') IS NULL"), "t");
}

TEST_F(SessionLockTest, WhoLosesItInsideTheScriptIsFencedBeforeTheRecord) {
  const auto held = SessionLock(*ours, kHistory).try_acquire();
  std::unique_ptr<HeldLock> next;
  std::thread successor([&] {
    for (int i = 0; i < 500 && !next; ++i) {
      next = SessionLock(*theirs, kHistory).try_acquire();
      std::this_thread::sleep_for(5ms);
    }
  });
  const TransactionsResult result =
      run(*ours, *held,
          "DO $$ BEGIN CREATE TABLE t (id int); PERFORM pg_advisory_unlock_all(); "
          "PERFORM pg_sleep(1); END $$");
  successor.join();
  ASSERT_TRUE(next);
  EXPECT_EQ(result.error->code, ErrorCode::fenced);
  EXPECT_EQ(value("SELECT to_regclass('t') IS NULL"), "t");
}

TEST_F(SessionLockTest, IsSeenWithHolderAndProgressByAnybody) {
  ours->execute({"DROP ROLE IF EXISTS tidegate_guest"});
  ours->execute({"CREATE ROLE tidegate_guest LOGIN"});
  const auto guest = driver().open_reader(
      driver().parse(postgres::url_with({{"dbname", database}, {"user", "tidegate_guest"}})), {});
  EXPECT_FALSE(seen_by(*guest, kHistory));

  ConnectOptions options;
  options.application_name = "tidegate orders-7f9c:12";
  ours = open(options);
  ours->become_migrator();
  auto held = SessionLock(*ours, kHistory).try_acquire();
  auto holder = seen_by(*theirs, kHistory);
  ASSERT_TRUE(holder);
  EXPECT_THAT(holder->who, StartsWith("orders-7f9c:12, backend "));
  EXPECT_THAT(holder->since, EndsWith("Z"));
  EXPECT_EQ(holder->progress, "");

  const Script script = script_of("m.sql", {"SELECT 1", "SELECT pg_sleep(60)"});
  Transaction transaction;
  transaction.label = "1/3 7";
  transaction.script = &script;
  transaction.guards = held->guards();
  std::stop_source stop;
  ours->limit_to(kNever, stop.get_token());
  std::thread worker([&] { ours->run({&transaction, 1}, memory); });
  while (value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = "
               "current_database()") != "1") {
    std::this_thread::sleep_for(5ms);
  }
  holder = seen_by(*guest, kHistory);
  stop.request_stop();
  worker.join();
  ASSERT_TRUE(holder);
  EXPECT_THAT(holder->who, StartsWith("orders-7f9c:12, backend "));
  EXPECT_EQ(holder->progress, "1/3 7, statement 2/2");

  ours->limit_to(kNever, {});
  held.reset();
  EXPECT_FALSE(seen_by(*theirs, kHistory));
  guest->limit_to(kNever, {});
  theirs->execute({"DROP ROLE tidegate_guest"});
}

TEST_F(SessionLockTest, ALockInAnotherDatabaseIsNotOurs) {
  const auto elsewhere =
      driver().open_session(driver().parse(postgres::url_with({{"dbname", "postgres"}})), {});
  const auto held = SessionLock(*elsewhere, kHistory).try_acquire();
  ASSERT_TRUE(held);
  EXPECT_FALSE(seen_by(*ours, kHistory));
  EXPECT_TRUE(SessionLock(*ours, kHistory).try_acquire());
}

TEST_F(SessionLockTest, AWaiterHoldsNoSnapshotAndDoesntHinderAConcurrentIndex) {
  ours->execute({"CREATE TABLE t AS SELECT g AS id FROM generate_series(1, 1000) g"});
  const auto held = SessionLock(*ours, kHistory).try_acquire();
  std::stop_source stop;
  std::thread waiter([&] {
    SessionLock lock(*theirs, kHistory);
    while (!stop.stop_requested()) {
      EXPECT_FALSE(lock.try_acquire());
      std::this_thread::sleep_for(2ms);
    }
  });
  const Script script = script_of("m.sql", {"CREATE INDEX CONCURRENTLY i ON t (id)"});
  const auto before = std::chrono::steady_clock::now();
  ours->limit_to(before + 20s, {});
  ours->run_alone(script, script.statements[0], {}, memory);
  stop.request_stop();
  waiter.join();
  EXPECT_EQ(value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"), "t");
  EXPECT_EQ(value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                  "backend_xmin IS NOT NULL AND pid <> pg_backend_pid()"),
            "0");
}

TEST_F(SessionLockTest, LettingGoNeverThrows) {
  auto held = SessionLock(*ours, kHistory).try_acquire();
  theirs->execute(
      {"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
       "current_database() AND pid <> pg_backend_pid()"});
  EXPECT_NO_THROW(held.reset());
}

}  // namespace
}  // namespace tidegate

#endif
