#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "tidegate/clock.h"

namespace tidegate::sqlite {

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

  explicit Watcher(std::string_view path);

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
  std::optional<FileDescriptor> inotify_;  ///< none: the kernel won't tell
  bool started_ = false;
  TimePoint last_wake_ = TimePoint::min();
  TimePoint last_event_ = TimePoint::min();
  std::size_t echo_count_ = 0;  ///< how many wake-ups followed the last event
};

}  // namespace tidegate::sqlite
