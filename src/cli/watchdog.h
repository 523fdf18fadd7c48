#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace tidegate::cli {

/// Calls a function once when it has lived for `limit`, from a thread of its own: for a deadline
/// that must hold although the work is stuck where no deadline reaches, in a name look-up.
class Watchdog {
 public:
  Watchdog(std::chrono::milliseconds limit, std::function<void()> bark);

 private:
  std::jthread thread_;
};

}  // namespace tidegate::cli
