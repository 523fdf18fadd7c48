#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

namespace tidegate {

/// A file descriptor that becomes readable when a stop is requested, so that one poll() waits for
/// the server and for the stop alike.
class Wakeup {
 public:
  explicit Wakeup(std::stop_token stop);
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  /// To be polled for reading; -1, which poll() leaves out, when no stop can ever come.
  int descriptor() const { return descriptor_; }
  bool stop_requested() const { return stop_.stop_requested(); }

 private:
  std::stop_token stop_;
  int descriptor_ = -1;
  std::optional<std::stop_callback<std::function<void()>>> callback_;
};

}  // namespace tidegate
