#include "base/back_off.h"

#include <algorithm>

namespace tidegate {

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
