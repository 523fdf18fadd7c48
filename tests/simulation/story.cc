#include "simulation/story.h"

#include <fmt/format.h>

#include <random>

namespace tidegate::simulation {

namespace {

using std::chrono::milliseconds;

class Dice {
 public:
  explicit Dice(std::uint64_t seed)
      : random_(static_cast<std::minstd_rand::result_type>(seed * 2654435761U % 2147483646U + 1)) {
    random_.discard(3);
  }
  std::size_t below(std::size_t count) { return random_() % count; }
  bool once_in(std::size_t count) { return below(count) == 0; }
  template <typename Value, std::size_t count>
  Value one_of(const Value (&values)[count]) {
    return values[below(count)];
  }

 private:
  std::minstd_rand random_;
};

Fault make_fault(Dice& dice, const Protocol& protocol, std::size_t process_count) {
  using Kind = Fault::Kind;
  static constexpr Kind kLocal[] = {Kind::kill, Kind::kill, Kind::freeze, Kind::stop};
  static constexpr Kind kRemote[] = {Kind::kill,   Kind::kill,      Kind::cut,  Kind::cut,
                                     Kind::freeze, Kind::terminate, Kind::stop, Kind::restart};
  static constexpr milliseconds kDurations[] = {milliseconds(20), milliseconds(700),
                                                milliseconds(5'000), milliseconds(25'000)};
  Fault fault;
  fault.kind = protocol.has_network ? dice.one_of(kRemote) : dice.one_of(kLocal);
  fault.process = dice.below(process_count);
  // Most of what matters comes early; a run of many statements has many requests.
  fault.call = dice.below(dice.once_in(2) ? 14 : 60);
  fault.when = dice.once_in(2) ? Fault::When::before_request : Fault::When::after_request;
  fault.duration = dice.one_of(kDurations);
  // The network is noticed within its own limits; a frozen process may stay so.
  if (fault.kind == Fault::Kind::cut)
    fault.duration = std::min(fault.duration, milliseconds(9'000));
  if (fault.kind == Fault::Kind::freeze && protocol.has_network && dice.once_in(3)) {
    fault.duration = std::chrono::hours(1);
  }
  return fault;
}

}  // namespace

Story make_story(std::uint64_t seed, const Protocol& protocol) {
  Dice dice(seed);
  Story story;
  story.seed = seed;
  story.migrator_count = 1 + dice.below(3) + dice.below(2);
  story.gate_count = dice.below(3);
  static constexpr Temper kTempers[] = {Temper::plain,  Temper::plain, Temper::slow,
                                        Temper::steps,  Temper::calls, Temper::slow_calls,
                                        Temper::lets_go};
  for (std::size_t count = 1 + dice.below(3); count > 0; --count) {
    story.migrations.push_back(dice.one_of(kTempers));
  }
  static constexpr std::size_t kBursts[] = {1, 4, 1000};
  story.burst_size = dice.one_of(kBursts);
  story.pool_size = 2 + dice.below(3);
  story.single_transaction = dice.once_in(6);
  static constexpr unsigned kOneIn[] = {1, 3, 10};
  story.switch_one_in = dice.one_of(kOneIn);
  const std::size_t process_count = story.migrator_count + story.gate_count;
  for (std::size_t i = 0; i < process_count; ++i) {
    story.clock_errors.push_back(milliseconds(dice.below(7'200'000)));
    story.starts.push_back(milliseconds(dice.once_in(3) ? dice.below(200) : 0));
  }
  for (std::size_t count = dice.below(4); count > 0; --count) {
    story.faults.push_back(make_fault(dice, protocol, process_count));
  }
  return story;
}

std::string to_string(const Story& story) {
  static constexpr const char* kTempers[] = {"plain", "slow",       "steps",
                                             "calls", "slow calls", "lets go"};
  std::string text = fmt::format("seed {}: {} migrators, {} gates, bursts of {}{}", story.seed,
                                 story.migrator_count, story.gate_count, story.burst_size,
                                 story.single_transaction ? ", one transaction" : "");
  for (const Temper temper : story.migrations) {
    text += fmt::format(", {}", kTempers[static_cast<std::size_t>(temper)]);
  }
  for (const Fault& fault : story.faults) text += "\n  " + to_string(fault);
  return text;
}

}  // namespace tidegate::simulation
