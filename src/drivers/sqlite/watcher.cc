#include "drivers/sqlite/watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>

#include "drivers/sqlite/files.h"

namespace tidegate::sqlite {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// When the caller looks again, counted from the event.
constexpr std::array kEchoes = {milliseconds(50), milliseconds(150), milliseconds(500)};
/// Between two wake-ups, so that a service that writes all the time doesn't keep a waiter busy.
constexpr milliseconds kMinGap{50};
/// A commit is several writes: the caller is woken when they have stopped for so long.
constexpr milliseconds kQuiet{3};
constexpr milliseconds kMaxSettle{20};
/// After events of other files in the directory.
constexpr milliseconds kNoisePause{10};
/// The longest sleep where the kernel won't tell: out of watches, or none on this file system.
constexpr milliseconds kBlindPause{250};

constexpr unsigned kEvents =
    IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;

int poll_timeout_ms(TimePoint until) {
  const TimePoint now = steady_clock::now();
  if (until <= now) return 0;
  const auto left = std::chrono::ceil<milliseconds>(until - now).count();
  return static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max()));
}

TimePoint later(TimePoint when, milliseconds by) {
  return when == TimePoint::min() ? when : when + by;
}

}  // namespace

Watcher::Watcher(std::string_view path)
    : directory_(path.substr(0, path.rfind('/') + 1)), name_(path.substr(path.rfind('/') + 1)) {}

void Watcher::start() {
  if (started_) return;
  started_ = true;
  inotify_.emplace(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  const int watch = inotify_add_watch(inotify_->number(), directory_.c_str(), kEvents | IN_ONLYDIR);
  if (watch < 0) inotify_.reset();
}

// A reader changes nothing, but a migrator that opens and closes the database does close a file
// that it may write: a close counts for locks only, or waiters would wake each other for ever. A
// rollback journal is made and filled before a commit; only its end is worth waking for.
bool Watcher::is_ours(std::string_view name, unsigned mask) const {
  if (!name.starts_with(name_)) return false;
  const std::string_view suffix = name.substr(name_.size());
  if (suffix.starts_with(kLockSuffix)) return true;
  if (suffix == "-journal") return (mask & (IN_DELETE | IN_MOVED_FROM)) != 0;
  return (suffix.empty() || suffix == "-wal") && (mask & ~unsigned{IN_CLOSE_WRITE}) != 0;
}

Watcher::Seen Watcher::drain() {
  Seen seen = Seen::nothing;
  alignas(inotify_event) std::array<char, 16'384> buffer{};
  for (;;) {
    const ssize_t size = ::read(inotify_->number(), buffer.data(), buffer.size());
    if (size <= 0) return seen;
    for (const char* at = buffer.data(); at < buffer.data() + size;) {
      inotify_event event{};
      std::memcpy(&event, at, sizeof event);
      const char* const name = at + sizeof event;
      at = name + event.len;
      if ((event.mask & (IN_IGNORED | IN_UNMOUNT)) != 0) {
        inotify_.reset();  // the directory is gone
        return Seen::ours;
      }
      const std::string_view text = event.len == 0 ? "" : name;
      if ((event.mask & IN_Q_OVERFLOW) != 0 || is_ours(text, event.mask)) {
        seen = Seen::ours;
      } else if (seen == Seen::nothing) {
        seen = Seen::others;
      }
    }
  }
}

/// Returns whether there is something to drain.
bool Watcher::sleep(TimePoint until, int stop_descriptor) const {
  std::array<pollfd, 2> descriptors{
      {{stop_descriptor, POLLIN, 0}, {inotify_ ? inotify_->number() : -1, POLLIN, 0}}};
  const int count =
      ::poll(descriptors.data(), descriptors.size(), until == kNever ? -1 : poll_timeout_ms(until));
  return count > 0 && (descriptors[1].revents & POLLIN) != 0;
}

void Watcher::settle(TimePoint limit, int stop_descriptor) {
  const TimePoint end = std::min(limit, steady_clock::now() + kMaxSettle);
  while (inotify_ && steady_clock::now() < end &&
         sleep(std::min(end, steady_clock::now() + kQuiet), stop_descriptor)) {
    drain();
  }
}

TimePoint Watcher::next_echo() const {
  return echo_count_ < kEchoes.size() ? later(last_event_, kEchoes[echo_count_]) : kNever;
}

Watcher::Wake Watcher::wait(TimePoint until, const std::stop_token& stop) {
  const FileDescriptor stopped(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const std::stop_callback wake(stop, [&] { eventfd_write(stopped.number(), 1); });
  if (!started_) {
    start();
    last_event_ = steady_clock::now();  // whatever happened since the caller looked
    echo_count_ = 0;
  }
  const TimePoint blind_until = inotify_ ? kNever : steady_clock::now() + kBlindPause;
  const auto woken = [&](Wake wake_reason) {
    last_wake_ = steady_clock::now();
    return wake_reason;
  };
  // Events that come sooner stay with the kernel, which folds those that are alike into one.
  const TimePoint earliest = std::min(until, later(last_wake_, kMinGap));
  while (!stop.stop_requested() && steady_clock::now() < earliest) {
    pollfd only_stop{stopped.number(), POLLIN, 0};
    ::poll(&only_stop, 1, poll_timeout_ms(earliest));
  }
  while (!stop.stop_requested()) {
    const TimePoint echo = last_event_ == TimePoint::min() ? kNever : next_echo();
    const TimePoint limit = std::min({until, echo, blind_until});
    if (sleep(limit, stopped.number())) {
      const Seen seen = drain();
      if (seen == Seen::ours) {
        settle(until, stopped.number());
        last_event_ = steady_clock::now();
        echo_count_ = 0;
        return woken(Wake::changed);
      }
      pollfd only_stop{stopped.number(), POLLIN, 0};
      ::poll(&only_stop, 1, static_cast<int>(kNoisePause.count()));
    }
    const TimePoint now = steady_clock::now();
    if (now >= until) return woken(Wake::timed_out);
    if (now >= echo) {
      ++echo_count_;
      return woken(Wake::look);
    }
    if (now >= blind_until) return woken(Wake::look);
  }
  return Wake::timed_out;
}

}  // namespace tidegate::sqlite
