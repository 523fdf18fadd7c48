#include "base/system_clock.h"

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

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace tidegate
