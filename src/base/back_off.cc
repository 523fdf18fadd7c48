#include "base/back_off.h"

#include <unistd.h>

#include <algorithm>

namespace tidegate {

namespace {

// Replicas are started by one controller in the same instant: the process id and the clock tell
// them apart, and need no read of /dev/urandom.
std::uint32_t seed_of_this_process() {
  const auto ticks = std::chrono::steady_clock::now().time_since_epoch().count();
  return static_cast<std::uint32_t>(ticks) ^ (static_cast<std::uint32_t>(getpid()) * 2654435761U);
}

}  // namespace

BackOff::BackOff(std::chrono::milliseconds shortest, std::chrono::milliseconds longest)
    : BackOff(shortest, longest, seed_of_this_process()) {}

BackOff::BackOff(std::chrono::milliseconds shortest, std::chrono::milliseconds longest,
                 std::uint32_t seed)
    : shortest_(std::min(shortest, longest)),
      longest_(longest),
      current_(shortest_),
      random_(seed == 0 ? 1 : seed) {}

std::chrono::milliseconds BackOff::next(std::chrono::milliseconds at_least) {
  const auto pause = std::max(current_, at_least);
  current_ = std::min(longest_, current_ * 2);
  std::uniform_int_distribution<std::int64_t> by_chance(0, pause.count() / 2);
  return pause - std::chrono::milliseconds(by_chance(random_));
}

}  // namespace tidegate
