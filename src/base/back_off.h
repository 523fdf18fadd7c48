#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace tidegate {

/// Pauses between tries: each twice the last, up to a longest one, and each shortened by chance by
/// up to a half, so that replicas that start together don't stay in step.
class BackOff {
 public:
  /// The same seed (Clock::seed) makes the same pauses.
  BackOff(std::chrono::milliseconds shortest, std::chrono::milliseconds longest,
          std::uint32_t seed);

  /// The next pause, which is taken for no shorter than `at_least` before chance shortens it.
  std::chrono::milliseconds next(std::chrono::milliseconds at_least = {});
  /// Starts again with the shortest.
  void reset() { current_ = shortest_; }

 private:
  std::chrono::milliseconds shortest_;
  std::chrono::milliseconds longest_;
  std::chrono::milliseconds current_;
  std::minstd_rand random_;
};

}  // namespace tidegate
