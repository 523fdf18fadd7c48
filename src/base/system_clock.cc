#include "base/system_clock.h"

namespace tidegate {

TimePoint SystemClock::now() const { return std::chrono::steady_clock::now(); }

}  // namespace tidegate
