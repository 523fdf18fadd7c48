#include "base/system_clock.h"

#include <unistd.h>

#include <condition_variable>
#include <mutex>

namespace tidegate {

TimePoint SystemClock::now() const { return std::chrono::steady_clock::now(); }

void SystemClock::sleep_until(TimePoint until, std::stop_token stop) const {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never_notified;
  never_notified.wait_until(lock, stop, until, [] { return false; });
}

// Replicas are started by one controller in the same instant: the process id and the clock tell
// them apart, and need no read of /dev/urandom.
std::uint32_t SystemClock::seed() const {
  const auto ticks = now().time_since_epoch().count();
  return static_cast<std::uint32_t>(ticks) ^ (static_cast<std::uint32_t>(getpid()) * 2654435761U);
}

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace tidegate
