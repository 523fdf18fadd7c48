#pragma once

#include <chrono>

namespace tidegate {

/// A point on the monotonic clock that deadlines and waits are counted on.
using TimePoint = std::chrono::steady_clock::time_point;

/// No deadline.
inline constexpr TimePoint kNever = TimePoint::max();

/// Where the time comes from; a story in memory brings its own.
///
/// Threads: an implementation may be read from several threads.
class Clock {
 public:
  virtual ~Clock() = default;

  /// The monotonic time, for deadlines and durations.
  virtual TimePoint now() const = 0;
};

}  // namespace tidegate
