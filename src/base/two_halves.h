#pragma once

#include <cstddef>
#include <future>

namespace tidegate {

/// Calls `work(first, last)` for the two halves of `count` items at the same time, the second in a
/// thread of its own; few items are done in one piece. `work` must not touch what the other half
/// touches.
///
/// Throws: what the first half threw, else what the second did; both have ended by then.
template <typename Work>
void in_two_halves(std::size_t count, const Work& work) {
  // Below, starting a thread takes as long as the work.
  constexpr std::size_t kWorthAThread = 128;
  if (count < kWorthAThread) return work(std::size_t{0}, count);
  const std::size_t half = count / 2;
  // The future's destructor waits for the thread, whatever happens here.
  std::future<void> second =
      std::async(std::launch::async, [&work, half, count] { work(half, count); });
  work(std::size_t{0}, half);
  second.get();
}

}  // namespace tidegate
