#include "door/comebacks.h"

#include <algorithm>

namespace tidegate {

namespace {

using std::chrono::milliseconds;

// Sessions that a run may lose in a row without getting one step further.
constexpr int kComebacks = 3;
constexpr milliseconds kPauseAtStandby{500};
constexpr std::chrono::hours kAsLongAsItTakes{24 * 365};

}  // namespace

Patience Comebacks::patience(const Waiting& waiting) const {
  Patience patience{options_.connect_limit, options_.refused_limit};
  if (waiting.watched) patience.refused = options_.wait_limit.value_or(kAsLongAsItTakes);
  return patience;
}

// A lost session has undone what it had not committed. What it may have committed is seen by the
// next one's look, which comes after its lock was let go by the server.
std::optional<milliseconds> Comebacks::pause_after(const Error& error, const MigrateReport& report,
                                                   TimePoint now) {
  const bool lost =
      error.code == ErrorCode::connection_lost || error.code == ErrorCode::outcome_unknown;
  if (report.applied.size() > applied_before_) lost_count_ = 0;
  applied_before_ = report.applied.size();
  if (lost) {
    lost_at_ = now;
    if (++lost_count_ <= kComebacks) return milliseconds(0);
    return std::nullopt;
  }
  // A balancer that leads us to a standby, after the primary is gone and before there is another.
  const bool between_primaries =
      error.code == ErrorCode::read_only && lost_at_ && now - *lost_at_ < options_.refused_limit;
  if (between_primaries) return kPauseAtStandby;
  return std::nullopt;
}

}  // namespace tidegate
