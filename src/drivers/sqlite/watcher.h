#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "tidegate/clock.h"

namespace tidegate::sqlite {

/// A file descriptor that is closed with it.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept;

  int number() const { return number_; }
  bool valid() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

/// Sleeps until something happens to a database's files, its migrators' locks included.
///
/// The kernel tells (inotify(7)); nothing is polled. What it tells comes a moment before the change
/// can be seen: a commit's pages are written before the commit counts, and a dead process's files
/// are closed before its locks are dropped. So each event is followed by a few more wake-ups, ever
/// later, in which the caller looks again.
///
/// Threads: one at a time.
class Watcher {
 public:
  enum class Wake {
    changed,   ///< something happened to the files
    look,      ///< nothing did, but look again
    timed_out  ///< or a stop was requested
  };

  explicit Watcher(std::string path);

  /// Begins to listen; what happens from now on is not missed.
  void start();

  Wake wait(TimePoint until, const std::stop_token& stop);

 private:
  enum class Seen { nothing, others, ours };

  bool sleep(TimePoint until, int stop_descriptor) const;
  Seen drain();
  void settle(TimePoint limit, int stop_descriptor);
  TimePoint next_echo() const;
  bool is_ours(std::string_view name, unsigned mask) const;

  std::string directory_;
  std::string name_;
  Descriptor inotify_;
  bool started_ = false;
  TimePoint last_wake_ = TimePoint::min();
  TimePoint last_event_ = TimePoint::min();
  std::size_t echo_count_ = 0;  ///< how many wake-ups followed the last event
};

}  // namespace tidegate::sqlite
