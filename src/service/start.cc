#include "tidegate/start.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "base/duration.h"
#include "service/silent.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;

/// A stop that comes when the caller wants it, or when the time is up.
class TimedStop {
 public:
  TimedStop(milliseconds timeout, const std::stop_token& stop)
      : forward_(stop, [this] { source_.request_stop(); }),
        timer_([this, timeout](const std::stop_token& ended) { run(timeout, ended); }) {}

  std::stop_token token() const { return source_.get_token(); }
  bool time_is_up() const { return time_is_up_; }

 private:
  void run(milliseconds timeout, const std::stop_token& ended) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any nobody;
    nobody.wait_for(lock, ended, std::min(timeout, kLongestDuration), [] { return false; });
    if (ended.stop_requested()) return;
    time_is_up_ = true;
    source_.request_stop();
  }

  std::stop_source source_;
  std::atomic<bool> time_is_up_ = false;
  std::stop_callback<std::function<void()>> forward_;
  std::jthread timer_;  // last: it uses all of the above
};

const Finding* first_error(const std::vector<Finding>& findings) {
  const auto found = std::ranges::find(findings, Severity::error, &Finding::severity);
  return found == findings.end() ? nullptr : &*found;
}

void throw_if_wrong(const std::vector<Finding>& findings, ErrorCode code, Reporter& reporter) {
  for (const Finding& finding : findings) reporter.report({{}, Found{finding}});
  const Finding* wrong = first_error(findings);
  if (wrong == nullptr) return;
  Error error(code, wrong->message, wrong->recipe);
  error.place = wrong->place;
  throw error;
}

void throw_unless_done(const MigrateReport& report) {
  switch (report.outcome) {
    case Outcome::done:
    case Outcome::nothing_to_do:
      return;
    case Outcome::failed:
    case Outcome::busy:
      throw Error(*report.error);
    case Outcome::blocked:
      break;
  }
  const Finding& finding = report.findings.front();
  Error error(ErrorCode::blocked, finding.message, finding.recipe);
  error.place = finding.place;
  throw error;
}

void throw_unless_open(const GateState& state, milliseconds timeout, milliseconds waited) {
  if (is_open(state.verdict)) return;
  const std::string seen = fmt::format("{}: {}", to_string(state.verdict), state.reason);
  if (waited >= timeout) {
    throw Error(ErrorCode::timed_out,
                fmt::format("timed out after {}; last seen: {}", typed_duration(timeout), seen),
                state.recipe);
  }
  const bool failed = state.verdict == Verdict::failed;
  throw Error(failed ? ErrorCode::statement_failed : ErrorCode::blocked, seen, state.recipe);
}

}  // namespace

MigrateReport migrate_at_start(const DatabaseSettings& database, LoadedFolder build,
                               const StartOptions& options) {
  Silent nobody;
  Reporter& reporter = options.reporter != nullptr ? *options.reporter : nobody;
  TimedStop stop(options.timeout, options.stop);
  Database target(database, reporter, system_clock(), stop.token());
  throw_if_wrong(build.findings, ErrorCode::usage, reporter);
  throw_if_wrong(check_scripts(build.set, target.engine()), ErrorCode::usage, reporter);
  try {
    MigrateReport report = target.migrate(build.set, options.migrate);
    throw_unless_done(report);
    return report;
  } catch (const Error& error) {
    if (error.code != ErrorCode::interrupted || !stop.time_is_up()) throw;
    throw Error(
        ErrorCode::timed_out,
        fmt::format("not migrated after {}: {}", typed_duration(options.timeout), error.message),
        "what is committed stays; start again, or with a longer timeout");
  }
}

GateState wait_at_start(const DatabaseSettings& database, const LoadedFolder& build,
                        const StartOptions& options) {
  Silent nobody;
  Reporter& reporter = options.reporter != nullptr ? *options.reporter : nobody;
  Database target(database, reporter, system_clock(), options.stop);
  throw_if_wrong(build.findings, ErrorCode::usage, reporter);
  WaitOptions wait = options.wait;
  wait.timeout = std::min(options.timeout, kLongestDuration);
  const TimePoint started = system_clock().now();
  GateState state = target.wait(build.set, wait);
  throw_unless_open(state, wait.timeout,
                    std::chrono::duration_cast<milliseconds>(system_clock().now() - started));
  return state;
}

}  // namespace tidegate
