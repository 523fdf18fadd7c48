#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>

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

  /// Sleeps until `until`, or until the stop is requested.
  virtual void sleep_until(TimePoint until, std::stop_token stop) const = 0;

  /// What makes this process's pauses unlike those of others that began in the same instant. A
  /// story in memory keeps it as it is, so that the same story can be told again.
  virtual std::uint32_t seed() const { return 1; }
};

/// The machine's own clock; lives as long as the program.
const Clock& system_clock();

}  // namespace tidegate
