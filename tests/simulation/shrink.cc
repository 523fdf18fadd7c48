#include "simulation/shrink.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace tidegate::simulation {

namespace {

// One try takes milliseconds; whoever waits for the answer has seconds.
constexpr int kMostTries = 1'000;
constexpr std::uint64_t kOtherSchedules = 6;

class Shrinker {
 public:
  Shrinker(Story story, const Protocol& protocol, const Mutant* mutant)
      : story_(std::move(story)), protocol_(protocol), mutant_(mutant) {}

  Story shrink() {
    while (drop_something()) {
    }
    story_.schedule = tell(story_, protocol_, mutant_, Trace::no).schedule;
    quieten_schedule();
    return story_;
  }

 private:
  bool breaks(const Story& story) {
    if (++tries_ > kMostTries) return false;
    return tell(story, protocol_, mutant_, Trace::no).broken.has_value();
  }

  // Another story needs another order of events, so a few are tried.
  bool keep_if_it_breaks(Story candidate) {
    for (std::uint64_t other = 0; other <= kOtherSchedules; ++other) {
      candidate.seed = story_.seed + other;
      if (!breaks(candidate)) continue;
      story_ = std::move(candidate);
      return true;
    }
    return false;
  }

  bool keep_changed(const std::function<void(Story&)>& change) {
    Story candidate = story_;
    change(candidate);
    return keep_if_it_breaks(std::move(candidate));
  }

  static void drop_process(Story& story, std::size_t process) {
    std::erase_if(story.faults, [&](const Fault& fault) { return fault.process == process; });
    for (Fault& fault : story.faults) fault.process -= fault.process > process ? 1 : 0;
    --(process < story.migrator_count ? story.migrator_count : story.gate_count);
    story.clock_errors.erase(story.clock_errors.begin() + static_cast<long>(process));
    story.starts.erase(story.starts.begin() + static_cast<long>(process));
  }

  bool drop_something() {
    for (std::size_t i = 0; i < story_.faults.size(); ++i) {
      if (keep_changed([i](Story& story) {
            story.faults.erase(story.faults.begin() + static_cast<long>(i));
          })) {
        return true;
      }
    }
    for (std::size_t i = 0; i < story_.migrator_count + story_.gate_count; ++i) {
      if (keep_changed([i](Story& story) { drop_process(story, i); })) return true;
    }
    for (std::size_t i = 0; i < story_.migrations.size() && story_.migrations.size() > 1; ++i) {
      if (keep_changed([i](Story& story) {
            story.migrations.erase(story.migrations.begin() + static_cast<long>(i));
          })) {
        return true;
      }
    }
    return make_plainer();
  }

  bool make_plainer() {
    for (std::size_t i = 0; i < story_.migrations.size(); ++i) {
      if (story_.migrations[i] == Temper::plain) continue;
      if (keep_changed([i](Story& story) { story.migrations[i] = Temper::plain; })) return true;
    }
    const auto is_zero = [](std::chrono::milliseconds time) { return time.count() == 0; };
    const bool timed =
        !std::all_of(story_.starts.begin(), story_.starts.end(), is_zero) ||
        !std::all_of(story_.clock_errors.begin(), story_.clock_errors.end(), is_zero);
    if (timed && keep_changed([](Story& story) {
          std::fill(story.starts.begin(), story.starts.end(), std::chrono::milliseconds(0));
          story.clock_errors = story.starts;
        })) {
      return true;
    }
    return story_.single_transaction &&
           keep_changed([](Story& story) { story.single_transaction = false; });
  }

  // 0 means that whoever runs goes on. Ever smaller pieces of the decisions are made 0.
  void quieten_schedule() {
    std::vector<std::uint8_t>& schedule = *story_.schedule;
    for (std::size_t size = std::max<std::size_t>(schedule.size() / 2, 1); size > 0; size /= 2) {
      for (std::size_t at = 0; at < schedule.size(); at += size) {
        const auto begin = schedule.begin() + static_cast<long>(at);
        const auto end = begin + static_cast<long>(std::min(size, schedule.size() - at));
        if (std::all_of(begin, end, [](std::uint8_t choice) { return choice == 0; })) continue;
        const std::vector<std::uint8_t> before = schedule;
        std::fill(begin, end, std::uint8_t{0});
        if (!breaks(story_)) schedule = before;
      }
    }
  }

  Story story_;
  const Protocol& protocol_;
  const Mutant* mutant_;
  int tries_ = 0;
};

}  // namespace

Story shrink(const Story& story, const Protocol& protocol, const Mutant* mutant) {
  return Shrinker(story, protocol, mutant).shrink();
}

}  // namespace tidegate::simulation
