#ifdef TIDEGATE_WITH_POSTGRES

// What every lock protocol of a server must keep, on PostgreSQL without a pooler in between.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/system_clock.h"
#include "drivers/postgres/test_server.h"
#include "lock/lock_protocol.h"

namespace tidegate {
namespace {

using postgres::Memory;
using postgres::PostgresTest;
using postgres::script_of;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

class LockTest : public PostgresTest, public testing::WithParamInterface<const char*> {
 protected:
  /// One replica: its session and its lock.
  struct Replica {
    std::unique_ptr<Session> session;
    std::unique_ptr<Lock> lock;
  };

  Replica replica(const std::string& holder = "us:1", const std::string& table = "history") {
    Replica made;
    made.session = open();
    made.session->become_migrator();
    made.lock = protocol().make_lock({*made.session,
                                      [this](TimePoint, const std::stop_token&) { return open(); },
                                      clock,
                                      {},
                                      {"postgres", database, "", table, holder}});
    return made;
  }

  static const LockProtocol& protocol() {
    return lock_protocol(GetParam(), "postgres", "native", {});
  }

  std::optional<Holder> seen() {
    const auto reader = driver().open_reader(url, {});
    const auto view = protocol().make_view({"postgres", database, "", "history", ""});
    return view->holder(reader->read(view->reads()));
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

  SystemClock clock;
  Memory memory;
};

TEST_P(LockTest, OnlyOneHoldsItAndItIsSeen) {
  Replica ours = replica("us:1");
  Replica theirs = replica("them:2");
  EXPECT_FALSE(seen());

  auto held = ours.lock->try_acquire();

  ASSERT_TRUE(held);
  EXPECT_FALSE(theirs.lock->try_acquire());
  ASSERT_TRUE(seen());
  held.reset();
  EXPECT_FALSE(seen());
  EXPECT_TRUE(theirs.lock->try_acquire());
}

TEST_P(LockTest, OtherHistoriesDontMeet) {
  Replica ours = replica("us:1", "history");
  Replica theirs = replica("them:2", "other_history");
  const auto held = ours.lock->try_acquire();
  EXPECT_TRUE(theirs.lock->try_acquire());
}

TEST_P(LockTest, WorkIsDoneWhileItIsHeld) {
  Replica ours = replica();
  const auto held = ours.lock->try_acquire();
  EXPECT_FALSE(run(*ours.session, *held, "CREATE TABLE t (id int)").error);
  EXPECT_EQ(value("SELECT to_regclass('t') IS NOT NULL"), "t");
}

TEST_P(LockTest, AWaiterHoldsNoSnapshotAndDoesntHinderAConcurrentIndex) {
  Replica ours = replica();
  Replica theirs = replica();
  ours.session->execute({"CREATE TABLE t AS SELECT g AS id FROM generate_series(1, 1000) g"});
  const auto held = ours.lock->try_acquire();
  EXPECT_FALSE(theirs.lock->try_acquire());
  const Script script = script_of("m.sql", {"CREATE INDEX CONCURRENTLY i ON t (id)"});
  ours.session->limit_to(std::chrono::steady_clock::now() + 60s, {});
  ours.session->run_alone(script, script.statements[0], {}, memory);
  EXPECT_EQ(value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"), "t");
}

TEST_P(LockTest, LettingGoNeverThrows) {
  Replica ours = replica();
  auto held = ours.lock->try_acquire();
  ASSERT_TRUE(held);
  value(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = "
      "current_database() AND pid <> pg_backend_pid()");
  EXPECT_NO_THROW(held.reset());
}

INSTANTIATE_TEST_SUITE_P(Protocols, LockTest, testing::Values("session", "transaction", "lease"),
                         [](const auto& all) { return all.param; });

/// Protocols whose work isn't on the session that has the lock: an epoch fences it.
class FencedLockTest : public LockTest {
 protected:
  /// As when the guard's connection was ended, or the lease ran out.
  void lose_lock() {
    value(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND "
        "database = (SELECT oid FROM pg_database WHERE datname = current_database())");
    value("UPDATE history_lease SET expires_at = NULL WHERE id = 2 RETURNING id");
  }
};

TEST_P(FencedLockTest, WhoseEpochIsOverCantCommit) {
  Replica ours = replica();
  const auto held = ours.lock->try_acquire();
  value("UPDATE history_lease SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch");

  const TransactionsResult result = run(*ours.session, *held, "CREATE TABLE t (id int)");

  EXPECT_EQ(result.error->code, ErrorCode::fenced);
  EXPECT_EQ(value("SELECT to_regclass('t') IS NULL"), "t");
}

TEST_P(FencedLockTest, TheEpochIsNotRaisedPastATransactionAtWork) {
  Replica ours = replica();
  Replica theirs = replica();
  const auto held = ours.lock->try_acquire();
  // The lock is lost, and a transaction of its holder is still at work.
  const auto zombie = open();
  zombie->execute({"BEGIN"});
  zombie->execute({"SELECT " + held->guards().front().expression});
  lose_lock();

  EXPECT_FALSE(theirs.lock->try_acquire());
  zombie->execute({"COMMIT"});
  EXPECT_TRUE(theirs.lock->try_acquire());
}

TEST_P(FencedLockTest, EachHolderRaisesTheEpoch) {
  Replica ours = replica();
  for (int epoch = 1; epoch <= 3; ++epoch) {
    EXPECT_TRUE(ours.lock->try_acquire());
    EXPECT_EQ(value("SELECT epoch FROM history_lease WHERE id = 1"), std::to_string(epoch));
  }
}

INSTANTIATE_TEST_SUITE_P(Protocols, FencedLockTest, testing::Values("transaction", "lease"),
                         [](const auto& all) { return all.param; });

class UntrustedServerTest : public testing::Test {
 protected:
  static std::string usual(const Server& server) {
    return std::string(lock_protocol("", "postgres", "native", server).name);
  }
  static std::string refusal(std::string_view wanted, const Server& server) {
    try {
      lock_protocol(wanted, "postgres", "native", server);
    } catch (const Error& error) {
      EXPECT_EQ(error.code, ErrorCode::usage);
      return error.message + "; " + error.hint;
    }
    return "";
  }

  const Server direct{};
  const Server pooled{.route = Server::Route::pooled};
  const Server look_alike{.locks = Server::Locks::nowhere, .product = "CockroachDB CCL v23.1"};
};

TEST_F(UntrustedServerTest, S43_TheLockIsOneThatCanBeReliedOn) {
  EXPECT_EQ(usual(direct), "session");
  EXPECT_EQ(usual(pooled), "transaction");
  EXPECT_EQ(usual(look_alike), "lease");
  EXPECT_THAT(refusal("session", pooled), HasSubstr("behind a pooler; use one of: transaction"));
  EXPECT_THAT(refusal("session", look_alike),
              HasSubstr("with CockroachDB CCL v23.1; use one of: lease"));
  EXPECT_THAT(refusal("transaction", look_alike), HasSubstr("CockroachDB"));
  EXPECT_EQ(refusal("lease", direct), "");
  EXPECT_THAT(refusal("file", direct), HasSubstr("there is no lock 'file'"));
}

}  // namespace
}  // namespace tidegate

#endif
