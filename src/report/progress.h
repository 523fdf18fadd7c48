#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/clock.h"
#include "tidegate/reporter.h"

namespace tidegate {

/// What is going on right now, on each database: the text of a live line, and what a log should be
/// told when nothing else is heard for long.
///
/// Threads: one at a time.
class Progress {
 public:
  /// Takes note of an event that came at `now`.
  void heed(const Event& event, TimePoint now);

  /// Whether nothing is going on that is worth a line.
  bool idle() const { return activities_.empty(); }

  /// One line: `[3/10] 20261122120000 create_users  statement 2/5  1.2 s`. Empty when idle.
  std::string line(TimePoint now) const;

  /// A line for each migration at work that has been silent for long: after ten seconds, then
  /// twice as long each time. Told once.
  struct Overdue {
    std::string target;
    std::string line;
  };
  std::vector<Overdue> take_overdue(TimePoint now);

 private:
  struct Activity {
    std::string what;
    std::string how_far;
    TimePoint since;
    bool migrating = false;
    std::chrono::milliseconds next_told{};
  };

  void begin(std::string_view target, Activity activity);

  std::map<std::string, Activity, std::less<>> activities_;
};

}  // namespace tidegate
