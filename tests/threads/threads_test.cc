// All that runs in threads, once, for the thread sanitizer to watch: it fails the program for a
// race even where the outcome is right.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/system_clock.h"
#include "cli/signals.h"
#include "cli/watchdog.h"
#include "conformance/subject.h"
#include "report/kept_output.h"
#include "report/text_reporter.h"
#include "support/temporary_folder.h"
#include "tidegate/database.h"
#include "tidegate/folder.h"
#include "tidegate/readiness.h"
#include "tidegate/start.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

/// A promise that may be kept more than once.
class Signal {
 public:
  void give() {
    const std::lock_guard guard(mutex_);
    given_ = true;
    changed_.notify_all();
  }
  bool comes() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 60s, [this] { return given_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool given_ = false;
};

/// Hears every event, as a replica's own reporter does.
class Listener : public Reporter {
 public:
  explicit Listener(std::function<void(const Event&)> heard) : heard_(std::move(heard)) {}
  void report(const Event& event) override { heard_(event); }

 private:
  std::function<void(const Event&)> heard_;
};

template <typename What>
bool tells(const Event& event) {
  return std::holds_alternative<What>(event.what);
}

/// Work in a thread of its own, until it is asked to stop.
class Stoppable {
 public:
  using Work = std::function<void(Reporter&, std::stop_token)>;

  Stoppable(bool (*begins)(const Event&), Work work)
      : reporter_([this, begins](const Event& event) {
          if (begins(event)) begun_.give();
        }),
        thread_([this, work = std::move(work)](std::stop_token stop) {
          try {
            work(reporter_, std::move(stop));
          } catch (const Error& error) {
            end_ = error.code;
          }
        }) {}

  bool begun() { return begun_.comes(); }

  /// Asks it to stop, and tells whether that was its end.
  bool interrupted() {
    thread_.request_stop();
    thread_.join();
    return end_ == ErrorCode::interrupted;
  }

 private:
  Signal begun_;
  std::optional<ErrorCode> end_;
  Listener reporter_;
  std::jthread thread_;  // last: it uses all of the above
};

MigrationSet loaded(const TemporaryFolder& folder, std::string_view engine) {
  LoadedFolder loaded = load_folder({.folders = {folder.path()}, .format = {}});
  EXPECT_TRUE(loaded.usable());
  EXPECT_TRUE(check_scripts(loaded.set, engine).empty());
  return std::move(loaded.set);
}

/// A fresh database of each engine.
class Threads : public testing::TestWithParam<conformance::ConformanceSubject> {
 protected:
  void SetUp() override { database().create(); }
  void TearDown() override { database().drop(true); }

  Database database(Reporter& reporter, std::stop_token stop = {}, std::string holder = "a") {
    return Database({.url = url_, .holder = std::move(holder)}, reporter, system_clock(),
                    std::move(stop));
  }
  Database database() { return database(silent_); }

  TemporaryFolder folder_;
  std::string url_ = GetParam().new_url();
  std::string engine_ = GetParam().name;

 private:
  Listener silent_{[](const Event&) {}};
};

TEST_P(Threads, ReplicasOfOneProcessApplyEachMigrationOnce) {
  constexpr std::size_t kMigrations = 150;  // enough to be read and checked in two halves
  for (std::size_t number = 1; number <= kMigrations; ++number) {
    folder_.write(fmt::format("{0}_t{0}.sql", number),
                  fmt::format("CREATE TABLE t{} (a INTEGER);", number));
  }
  std::atomic<std::size_t> applied = 0;
  std::atomic<std::size_t> opened = 0;
  const auto replica = [&](const std::string& name) {
    Listener reporter([](const Event&) {});
    const MigrationSet set = loaded(folder_, engine_);
    applied += database(reporter, {}, name).migrate(set, {}).applied.size();
  };
  const auto waiter = [&] {
    Listener reporter([](const Event&) {});
    const MigrationSet set = loaded(folder_, engine_);
    opened += is_open(database(reporter).wait(set, {}).verdict) ? 1 : 0;
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back(waiter);
      threads.emplace_back(replica, fmt::format("replica {}", i));
    }
  }
  EXPECT_EQ(applied, kMigrations);
  EXPECT_EQ(opened, 3U);
}

TEST_P(Threads, AStopEndsAStatementAndThoseWhoWaitForIt) {
  folder_.write("1_slow.sql", GetParam().slow_statement + ";");
  const MigrationSet set = loaded(folder_, engine_);
  const auto migrate = [&](const std::string& holder) {
    return [this, &set, holder](Reporter& reporter, std::stop_token stop) {
      database(reporter, std::move(stop), holder).migrate(set, {});
    };
  };
  const auto wait = [&](Reporter& reporter, std::stop_token stop) {
    database(reporter, std::move(stop)).wait(set, {});
  };
  Stoppable running(tells<StatementStarted>, migrate("first"));
  EXPECT_TRUE(running.begun());
  Stoppable locked_out(tells<LockBusy>, migrate("second"));
  Stoppable shut_out(tells<GateShut>, wait);
  EXPECT_TRUE(locked_out.begun());
  EXPECT_TRUE(shut_out.begun());
  EXPECT_TRUE(locked_out.interrupted());
  EXPECT_TRUE(shut_out.interrupted());
  EXPECT_TRUE(running.interrupted());
}

INSTANTIATE_TEST_SUITE_P(Engines, Threads, testing::ValuesIn(conformance::subjects()),
                         [](const auto& info) { return info.param.name; });

TEST(Reporting, MayComeFromSeveralThreadsBesideTheTicker) {
  KeptOutput out;
  KeptOutput err;
  {
    TextReporter reporter({.live = ReporterSettings::Live::yes}, out, err, system_clock());
    std::vector<std::jthread> threads;
    for (const char* target : {"a", "b", "c"}) {
      threads.emplace_back([&reporter, target] {
        for (std::size_t i = 0; i < 100; ++i) {
          reporter.report({target, StepStarted{i, 100, Version("1"), "t", Direction::up, 1}});
          reporter.report({target, StepDone{i, 100, Version("1"), "t", Direction::up, 1ms}});
          std::this_thread::sleep_for(3ms);
        }
      });
    }
    reporter.tick();
  }
  EXPECT_NE(out.text.find("applied 1 t"), std::string::npos);
}

TEST(Asking, MayBeDoneWhileReadinessLooksAndSomebodyMigrates) {
  const TemporaryFolder folder;
  folder.write("1_users.sql", "CREATE TABLE users (name TEXT);");
  const TemporaryFolder place;
  const DatabaseSettings database{.url = "sqlite:" + place.path("a.db")};
  const LoadedFolder build = load_folder({.folders = {folder.path()}, .format = {}});
  Listener nobody([](const Event&) {});
  Database(database, nobody, system_clock()).create();
  Readiness readiness(database, build.set, {.interval = 5ms, .recheck = 5ms});
  std::vector<std::jthread> askers;
  for (int i = 0; i < 3; ++i) {
    askers.emplace_back([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        const bool shut = readiness.response().status == 503;
        EXPECT_TRUE(shut || readiness.ready());
        EXPECT_FALSE(readiness.state().reason.empty());
        readiness.refresh();
      }
    });
  }
  migrate_at_start(database, build);
  while (!readiness.ready()) std::this_thread::sleep_for(1ms);
}

TEST(Watching, ADeadlineBarksInAThreadOfItsOwn) {
  Signal barked;
  const cli::Watchdog biting(1ms, [&] { barked.give(); });
  const cli::Watchdog sleeping(1h, [] { ADD_FAILURE(); });
  EXPECT_TRUE(barked.comes());
}

TEST(Watching, ASignalBecomesAStop) {
  cli::Signals signals;
  Signal stopped;
  const std::stop_callback on_stop(signals.stop(), [&] { stopped.give(); });
  signals.end_at_once([] {});
  signals.end_at_once({});
  ASSERT_EQ(kill(getpid(), SIGTERM), 0);
  EXPECT_TRUE(stopped.comes());
  EXPECT_EQ(signals.caught(), SIGTERM);
}

}  // namespace
}  // namespace tidegate
