#include "base/crowd.h"

#include <algorithm>

namespace tidegate {

namespace {

using std::chrono::milliseconds;

// A look on an open connection costs the server a fraction of what a new connection costs it: a
// process, a login, and that process's caches.
constexpr milliseconds kForEachConnected{50};
constexpr milliseconds kLongestWhenConnected{10'000};
constexpr milliseconds kForEachComing{500};
constexpr milliseconds kShortestWhenAway{1'000};
constexpr milliseconds kLongestWhenAway{15'000};

}  // namespace

bool has_room(const std::optional<Crowd>& crowd, Seat seat) {
  const std::size_t quarters = seat == Seat::wanted ? 2 : 3;
  return !crowd || crowd->limit == 0 || 4 * crowd->connections <= quarters * crowd->limit;
}

milliseconds least_pause(const std::optional<Crowd>& crowd, Seat seat) {
  if (!crowd) return milliseconds(0);
  const auto count = static_cast<milliseconds::rep>(crowd->waiters);
  if (has_room(crowd, seat)) {
    return std::min(count * kForEachConnected, kLongestWhenConnected);
  }
  return std::clamp(count * kForEachComing, kShortestWhenAway, kLongestWhenAway);
}

}  // namespace tidegate
