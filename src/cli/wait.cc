#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "base/duration.h"
#include "cli/all_commands.h"
#include "cli/targets.h"
#include "cli/watchdog.h"

namespace tidegate::cli {
namespace {

using namespace std::chrono_literals;

// The gate itself ends at its timeout; the watchdog is for what it can't interrupt.
constexpr auto kWatchdogPatience = 500ms;

// Of a fleet of tenants, so many are looked at at once: all must be open, so one after the other
// will do, and each costs the server a connection.
constexpr std::size_t kLanes = 4;

/// Waits for all databases at once, each in a thread of its own when there are several.
class Waiting {
 public:
  explicit Waiting(Context& context)
      : context_(context),
        on_signal_(context.signals.stop(), [this] { stop_.request_stop(); }),
        started_(context.clock.now()),
        targets_(
            open_targets(context, Schemas::each, stop_.get_token(), context.options.wait.timeout)),
        codes_(targets_.size()) {}

  ExitCode wait(const MigrationSet& set);

 private:
  void wait_for(std::size_t index, const MigrationSet& set);
  void end(std::size_t index, const GateState& state);
  void settle(std::size_t index, ExitCode code);
  void give_up();
  std::chrono::milliseconds elapsed() const;
  ExitCode worst_so_far() const;
  Error end_of(const GateState& state, ExitCode code) const;

  Context& context_;
  std::stop_source stop_;  // also when one database makes waiting for the others pointless
  std::stop_callback<std::function<void()>> on_signal_;
  const TimePoint started_;
  std::vector<TargetDatabase> targets_;

  std::mutex mutex_;  // what follows, and that each database's end is told once
  std::vector<std::optional<ExitCode>> codes_;
  std::size_t open_count_ = 0;
  std::atomic<bool> pointless_ = false;
};

Error Waiting::end_of(const GateState& state, ExitCode code) const {
  std::string sentence = fmt::format("{}: {}", to_string(state.verdict), state.reason);
  if (code == ExitCode::timed_out) {
    return Error(ErrorCode::timed_out,
                 fmt::format("timed out after {}; last seen: {}",
                             typed_duration(context_.options.wait.timeout), sentence),
                 state.recipe);
  }
  const ErrorCode error_code =
      code == ExitCode::blocked ? ErrorCode::blocked : ErrorCode::statement_failed;
  return Error(error_code, std::move(sentence), state.recipe);
}

void Waiting::end(std::size_t index, const GateState& state) {
  const FailFast fail_fast = context_.options.wait.fail_fast ? FailFast::yes : FailFast::no;
  const ExitCode code = exit_code_of_wait(state.verdict, fail_fast);
  if (code != ExitCode::done) {
    TargetReporter& reporter = *targets_[index].reporter;
    // The first finding is the reason.
    for (std::size_t i = 1; i < state.findings.size(); ++i) {
      reporter.report({{}, Found{state.findings[i]}});
    }
    reporter.report({{}, Ended{end_of(state, code)}});
  }
  settle(index, code);
  if (code == ExitCode::done && targets_.size() > kFewTargets) {
    context_.reporter.report({{}, TargetsProgress{++open_count_, targets_.size(), {}, elapsed()}});
  }
}

std::chrono::milliseconds Waiting::elapsed() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(context_.clock.now() - started_);
}

void Waiting::settle(std::size_t index, ExitCode code) {
  codes_[index] = code;
  // The others' time runs out by itself, and each of them tells its own last state.
  if (code == ExitCode::done || code == ExitCode::timed_out) return;
  if (!context_.options.wait.fail_fast) return;
  pointless_ = true;
  stop_.request_stop();
}

void Waiting::wait_for(std::size_t index, const MigrationSet& set) {
  TargetDatabase& target = targets_[index];
  try {
    WaitOptions options = context_.options.wait;
    options.timeout = std::max(options.timeout - elapsed(), std::chrono::milliseconds(0));
    const GateState state = target.database.wait(set, options);
    const std::lock_guard guard(mutex_);
    end(index, state);
  } catch (const Error& error) {
    const std::lock_guard guard(mutex_);
    // Stopped since another database's end decided it: nothing to tell of this one.
    if (error.code == ErrorCode::interrupted && pointless_) return;
    settle(index, tell_end(context_, *target.reporter, error));
  }
}

ExitCode Waiting::worst_so_far() const {
  std::vector<ExitCode> codes;
  for (const auto& code : codes_) {
    if (code) codes.push_back(*code);
  }
  return worst(codes);
}

/// Stuck beyond the timeout: tells what was seen last, and ends the process from under the stuck
/// threads. They only look, so nothing is left behind.
void Waiting::give_up() {
  const std::lock_guard guard(mutex_);
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    if (codes_[i]) continue;
    GateState never_seen;
    never_seen.reason = "the server has not answered at all";
    const GateState state = targets_[i].reporter->last_state().value_or(never_seen);
    targets_[i].reporter->report({{}, Ended{end_of(state, ExitCode::timed_out)}});
    codes_[i] = ExitCode::timed_out;
  }
  context_.reporter.clear();
  _exit(static_cast<int>(worst_so_far()));
}

ExitCode Waiting::wait(const MigrationSet& set) {
  const Watchdog watchdog(context_.options.wait.timeout + kWatchdogPatience, [this] { give_up(); });
  if (targets_.size() == 1) {
    wait_for(0, set);
  } else {
    std::vector<std::jthread> threads;
    const std::size_t lanes = targets_.size() > kFewTargets ? kLanes : targets_.size();
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      threads.emplace_back([this, lane, lanes, &set] {
        for (std::size_t i = lane; i < targets_.size() && !pointless_; i += lanes) {
          wait_for(i, set);
        }
      });
    }
  }
  return worst_so_far();
}

ExitCode run_wait(Context& context) {
  context.signals.end_at_once([&] { context.reporter.clear(); });
  Waiting waiting(context);
  const MigrationSet set = load_migrations(context);
  const auto& up_to = context.options.wait.needs.up_to;
  if (up_to) require_known(set, *up_to, "--for");
  return waiting.wait(set);
}

}  // namespace

const Command kWaitCommand = {
    .name = "wait",
    .summary = "hold until the schema that this build needs is there",
    .description =
        "Looks at the history until every migration that this build needs is recorded, and exits "
        "0 then and only then. Somebody else migrates: a job, a pipeline, another tool. Takes no "
        "lock, writes and makes nothing, and needs to read only.\n\n"
        "A server that is down, a database or a history that isn't there yet are waited for. A "
        "migration that failed while nobody tries again ends the wait with 5, and what needs a "
        "person with 7, unless --no-fail-fast is given; the timeout ends it with 4 and names what "
        "was seen last.\n\n"
        "With a command after --, this process becomes that command once the gate is open: the "
        "same process id, its signals and its exit code.",
    .becomes = Command::Becomes::yes,
    .run = run_wait,
};

}  // namespace tidegate::cli
