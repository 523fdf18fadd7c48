#include "drivers/sqlite/watcher.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "drivers/sqlite/files.h"
#include "drivers/sqlite/sqlite_fixture.h"

namespace tidegate::sqlite {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

class SqliteWatcherTest : public SqliteTest {
 protected:
  SqliteWatcherTest() { watcher_.emplace(path_.string()).start(); }

  /// Sleeps for an hour, unless woken.
  void sleep_until(Watcher::Wake expected) {
    EXPECT_EQ(watcher_->wait(steady_clock::now() + 1h, stop_.get_token()), expected);
  }
  std::jthread later(std::function<void()> work) {
    return std::jthread([work = std::move(work)] {
      std::this_thread::sleep_for(100ms);
      work();
    });
  }
  void expect_woken_by(const std::function<void()>& change) {
    watcher_.emplace(path_.string()).start();
    const auto changing = later(change);
    sleep_until(Watcher::Wake::changed);
  }

  std::stop_source stop_;
  std::optional<Watcher> watcher_;
};

TEST_F(SqliteWatcherTest, SleepsUntilItsTime) {
  const TimePoint until = steady_clock::now() + 150ms;
  EXPECT_EQ(watcher_->wait(until, {}), Watcher::Wake::timed_out);
  EXPECT_GE(steady_clock::now(), until);
}

TEST_F(SqliteWatcherTest, IsWokenByACommit) {
  expect_woken_by([&] { given("CREATE TABLE t (a)"); });
}

TEST_F(SqliteWatcherTest, IsWokenByACommitInEveryJournalMode) {
  for (const std::string mode : {"TRUNCATE", "PERSIST", "WAL"}) {
    given("PRAGMA journal_mode = " + mode + "; CREATE TABLE t" + mode + " (a);");
    Watcher watcher(path_.string());
    watcher.start();
    const auto writing = later([&] {
      given("PRAGMA journal_mode = " + mode + "; INSERT INTO t" + mode + " VALUES (1);");
    });
    EXPECT_EQ(watcher.wait(steady_clock::now() + 1h, {}), Watcher::Wake::changed) << mode;
  }
}

TEST_F(SqliteWatcherTest, IsWokenByALockThatIsMadeToldOfAndClosed) {
  const std::string lock = path_.string() + std::string(kLockSuffix) + "-audit";
  int descriptor = -1;
  expect_woken_by([&] { descriptor = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644); });
  expect_woken_by([&] { EXPECT_EQ(::write(descriptor, "x", 1), 1); });
  expect_woken_by([&] { ::close(descriptor); });
}

TEST_F(SqliteWatcherTest, IsNotWokenByOthersNorByLooking) {
  given("CREATE TABLE t (a)");
  Watcher watcher(path_.string());
  watcher.start();
  const auto other = later([&] {
    std::ofstream(directory_ / "other.txt") << "x";
    std::ofstream(directory_ / "app.db.bak") << "x";
    cell("SELECT count(*) FROM t");
    session();
  });
  EXPECT_EQ(watcher.wait(steady_clock::now() + 400ms, {}), Watcher::Wake::timed_out);
}

TEST_F(SqliteWatcherTest, LooksAgainAfterAnEventSinceTheEventComesFirst) {
  given("CREATE TABLE t (a)");
  sleep_until(Watcher::Wake::changed);
  sleep_until(Watcher::Wake::look);
  sleep_until(Watcher::Wake::look);
  sleep_until(Watcher::Wake::look);
  EXPECT_EQ(watcher_->wait(steady_clock::now() + 200ms, {}), Watcher::Wake::timed_out);
}

TEST_F(SqliteWatcherTest, IsNotKeptBusyByAServiceThatWritesAllTheTime) {
  std::jthread writing([&](std::stop_token done) {
    const int descriptor = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    while (!done.stop_requested()) {
      EXPECT_EQ(::pwrite(descriptor, "x", 1, 0), 1);
      std::this_thread::sleep_for(200us);
    }
    ::close(descriptor);
  });
  const TimePoint end = steady_clock::now() + 1s;
  int count = 0;
  while (steady_clock::now() < end) {
    watcher_->wait(end, {});
    ++count;
  }
  EXPECT_LE(count, 25);
  EXPECT_GE(count, 1);
}

TEST_F(SqliteWatcherTest, AStopEndsTheSleep) {
  const auto stopping = later([&] { stop_.request_stop(); });
  sleep_until(Watcher::Wake::timed_out);
}

TEST_F(SqliteWatcherTest, WithoutTheKernelsHelpItLooksFromTimeToTime) {
  Watcher blind("/nonexistent-directory/app.db");
  EXPECT_EQ(blind.wait(steady_clock::now() + 1h, {}), Watcher::Wake::look);
}

}  // namespace
}  // namespace tidegate::sqlite
