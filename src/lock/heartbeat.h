#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "tidegate/clock.h"

namespace tidegate {

/// Tells a server again and again that we live, on a thread of its own, while a statement on
/// another session runs for hours.
///
/// It ends with its first failure: what it kept alive is lost then, and the fence in each
/// transaction of the run is what notices.
class Heartbeat {
 public:
  /// `beat` is only ever called on the thread, with the latest progress that was told.
  Heartbeat(const Clock& clock, std::chrono::milliseconds interval,
            std::function<void(const std::string& progress)> beat);
  /// Waits for a beat that is under way.
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// What the next beat says. From any thread.
  void tell(std::string progress);

 private:
  void run(const std::stop_token& stop);

  const Clock& clock_;
  std::chrono::milliseconds interval_;
  std::function<void(const std::string& progress)> beat_;
  std::mutex mutex_;
  std::string progress_;  ///< under mutex_
  std::jthread thread_;   ///< last: it uses the others
};

}  // namespace tidegate
