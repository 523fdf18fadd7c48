#include "report/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "base/duration.h"
#include "report/event_text.h"
#include "report/printable.h"

namespace tidegate {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds kFirstTold(10'000);
constexpr milliseconds kLongestBetweenTold(600'000);

std::string shown_wait(const GateState& state) {
  if (state.verdict == Verdict::running && state.holder) {
    return "waiting: " + shown_holder(*state.holder);
  }
  return fmt::format("waiting: {}: {}", to_string(state.verdict), printable(state.reason));
}

template <typename What>
constexpr bool kEndsActivity = std::is_same_v<What, LockTaken> || std::is_same_v<What, StepDone> ||
                               std::is_same_v<What, StepFailed> ||
                               std::is_same_v<What, NothingToDo> || std::is_same_v<What, RunDone> ||
                               std::is_same_v<What, GateOpened> || std::is_same_v<What, Ended>;

}  // namespace

void Progress::begin(std::string_view target, Activity activity) {
  activity.next_told = kFirstTold;
  activities_.insert_or_assign(std::string(target), std::move(activity));
}

void Progress::heed(const Event& event, TimePoint now) {
  const auto heed_one = [&](const auto& what) {
    using What = std::decay_t<decltype(what)>;
    if constexpr (std::is_same_v<What, ServerAwaited>) {
      begin(event.target, {.what = "waiting: " + printable(what.error.message),
                           .how_far = {},
                           .since = now - what.elapsed});
    } else if constexpr (std::is_same_v<What, LockBusy>) {
      begin(event.target, {.what = "waiting: " + shown_holder(what.holder),
                           .how_far = {},
                           .since = now - what.elapsed});
    } else if constexpr (std::is_same_v<What, GateShut>) {
      begin(event.target,
            {.what = shown_wait(what.state), .how_far = {}, .since = now - what.elapsed});
    } else if constexpr (std::is_same_v<What, StepStarted>) {
      begin(event.target, {.what = fmt::format("[{}/{}] {}", what.index + 1, what.step_count,
                                               shown_migration(what.version, what.name)),
                           .how_far = {},
                           .since = now,
                           .migrating = true});
    } else if constexpr (std::is_same_v<What, StatementStarted>) {
      const auto found = activities_.find(event.target);
      if (found == activities_.end() || !found->second.migrating) return;
      found->second.how_far =
          fmt::format("  statement {}/{}", what.index + 1, what.statement_count);
    } else if constexpr (std::is_same_v<What, TargetsProgress>) {
      if (what.done_count == what.total_count) {
        activities_.clear();
        return;
      }
      const std::string changed =
          what.changed_count ? fmt::format(", {} changed here", *what.changed_count) : "";
      begin(event.target, {.what = fmt::format("{} of {} schemas are ready{}", what.done_count,
                                               what.total_count, changed),
                           .how_far = {},
                           .since = now - what.elapsed});
    } else if constexpr (kEndsActivity<What>) {
      const auto found = activities_.find(event.target);
      if (found != activities_.end()) activities_.erase(found);
    }
  };
  std::visit(heed_one, event.what);
}

std::string Progress::line(TimePoint now) const {
  if (activities_.empty()) return {};
  const auto& [target, activity] = *activities_.begin();
  std::string text = activity.what + activity.how_far;
  if (activities_.size() > 1) {
    text = fmt::format("{}: {}  (and {} more)", printable(target), text, activities_.size() - 1);
  }
  return fmt::format("{}  {}", text,
                     shown_duration(duration_cast<microseconds>(now - activity.since)));
}

std::vector<Progress::Overdue> Progress::take_overdue(TimePoint now) {
  std::vector<Overdue> overdue;
  for (auto& [target, activity] : activities_) {
    const auto elapsed = duration_cast<milliseconds>(now - activity.since);
    if (!activity.migrating || elapsed < activity.next_told) continue;
    activity.next_told = elapsed + std::min(elapsed, kLongestBetweenTold);
    overdue.push_back({target, fmt::format("still at {}{}  {}\n", activity.what, activity.how_far,
                                           shown_duration(elapsed))});
  }
  return overdue;
}

}  // namespace tidegate
