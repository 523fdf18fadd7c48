#pragma once

#include <cstdint>
#include <optional>

#include "tidegate/history.h"
#include "tidegate/lock.h"

namespace tidegate {

/// Tells a failure that happened while we waited from one that was there before.
///
/// A replica that waited for a run that failed reports that failure instead of running the same
/// migration into the same wall; one that starts later tries anew.
class WatchedRun {
 public:
  /// What the first look found.
  explicit WatchedRun(const History& history);

  /// The failed run that ended since the first look, or null.
  const Run* failure_in(const History& history) const;

 private:
  std::int64_t last_ended_id_ = 0;
};

}  // namespace tidegate
