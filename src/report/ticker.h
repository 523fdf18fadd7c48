#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace tidegate {

/// Calls a function again and again from a thread of its own, until it is destroyed.
class Ticker {
 public:
  Ticker(std::chrono::milliseconds interval, std::function<void()> tick);
  ~Ticker();

 private:
  std::jthread thread_;
};

}  // namespace tidegate
