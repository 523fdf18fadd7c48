#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace tidegate::cli {

/// Turns SIGINT, SIGTERM and SIGHUP into a request to stop, and ignores SIGPIPE.
///
/// The signals are blocked in every thread, and one thread waits for them: no code runs in a
/// handler, and it works for the first process of a container, whose unhandled signals the kernel
/// drops. The second signal ends the process at once. A signal that was ignored before (nohup)
/// stays ignored.
///
/// Make it before any other thread, once in a process.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// Requested at the first signal.
  std::stop_token stop() const { return source_.get_token(); }

  /// The first signal that came, or 0.
  int caught() const { return caught_; }

  /// From now on the first signal, too, ends the process at once, after `clean_up`: right for
  /// commands that only look, wherever they are blocked. An empty function takes that back.
  void end_at_once(std::function<void()> clean_up);

  /// Makes everything as it was found, for the program that this process becomes.
  void restore();

 private:
  void watch(const std::stop_token& done);
  void take(int signal);

  std::stop_source source_;
  std::atomic<int> caught_ = 0;
  sigset_t watched_{};
  sigset_t mask_before_{};
  struct sigaction pipe_before_ {};
  struct sigaction before_[3]{};
  bool restored_ = false;
  std::mutex mutex_;
  std::function<void()> clean_up_;
  std::jthread thread_;
};

}  // namespace tidegate::cli
