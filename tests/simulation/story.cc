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

using Kind = Fault::Kind;

// The network is noticed within its own limits. A lease runs out after 12 s, a session is ended
// after 20 s of silence; a frozen process may stay so.
struct KindOfFault {
  Kind kind;
  milliseconds duration;
};
constexpr KindOfFault kRemoteFaults[] = {
    {Kind::kill, milliseconds(0)},        {Kind::cut, milliseconds(700)},
    {Kind::cut, milliseconds(9'000)},     {Kind::freeze, milliseconds(20)},
    {Kind::freeze, milliseconds(5'000)},  {Kind::freeze, milliseconds(18'000)},
    {Kind::freeze, milliseconds(25'000)}, {Kind::freeze, std::chrono::hours(1)},
    {Kind::terminate, milliseconds(0)},   {Kind::stop, milliseconds(0)},
    {Kind::restart, milliseconds(20)},    {Kind::restart, milliseconds(5'000)},
};
constexpr KindOfFault kLocalFaults[] = {
    {Kind::kill, milliseconds(0)},
    {Kind::freeze, milliseconds(700)},
    {Kind::freeze, milliseconds(25'000)},
    {Kind::stop, milliseconds(0)},
};

constexpr Temper kTempers[] = {Temper::plain, Temper::slow,       Temper::steps,
                               Temper::calls, Temper::slow_calls, Temper::lets_go};

// So many requests a run of one migration has at most.
constexpr std::size_t kCallsOfOne = 32;

Fault make_fault(Dice& dice, const Protocol& protocol) {
  const auto kind = protocol.has_network ? dice.one_of(kRemoteFaults) : dice.one_of(kLocalFaults);
  Fault fault;
  fault.kind = kind.kind;
  fault.duration = kind.duration;
  fault.when = dice.once_in(2) ? Fault::When::before_request : Fault::When::after_request;
  return fault;
}

/// One migration, two migrators, and one fault of the first. There are few enough of these to tell
/// all of them: each fault at each request.
void make_small(Dice& dice, const Protocol& protocol, Story& story) {
  story.migrator_count = 2;
  story.gate_count = 0;
  story.migrations = {dice.one_of(kTempers)};
  story.starts = {milliseconds(0), milliseconds(dice.once_in(2) ? 0 : 400)};
  Fault fault = make_fault(dice, protocol);
  fault.call = dice.below(kCallsOfOne);
  story.faults = {fault};
}

void make_large(Dice& dice, const Protocol& protocol, Story& story) {
  story.migrator_count = 1 + dice.below(3) + dice.below(2);
  story.gate_count = dice.below(3);
  for (std::size_t count = 1 + dice.below(3); count > 0; --count) {
    story.migrations.push_back(dice.one_of(kTempers));
  }
  story.single_transaction = dice.once_in(6);
  const std::size_t process_count = story.migrator_count + story.gate_count;
  for (std::size_t i = 0; i < process_count; ++i) {
    story.starts.push_back(milliseconds(dice.once_in(3) ? dice.below(200) : 0));
  }
  for (std::size_t count = dice.below(4); count > 0; --count) {
    Fault fault = make_fault(dice, protocol);
    fault.process = dice.below(process_count);
    // Most of what matters comes early; a run of many statements has many requests.
    fault.call = dice.below(dice.once_in(2) ? 14 : 60);
    story.faults.push_back(fault);
  }
}

}  // namespace

Story make_story(std::uint64_t seed, const Protocol& protocol) {
  Dice dice(seed);
  Story story;
  story.seed = seed;
  static constexpr std::size_t kBursts[] = {1, 4, 1000};
  story.burst_size = dice.one_of(kBursts);
  static constexpr std::size_t kPieces[] = {1, 3, 1000};
  story.piece_size = dice.one_of(kPieces);
  // Two for the holder, and one for those who look.
  story.pool_size = 3 + dice.below(3);
  static constexpr unsigned kOneIn[] = {1, 3, 10};
  story.switch_one_in = dice.one_of(kOneIn);
  if (dice.once_in(2)) {
    make_small(dice, protocol, story);
  } else {
    make_large(dice, protocol, story);
  }
  for (std::size_t i = 0; i < story.starts.size(); ++i) {
    story.clock_errors.push_back(milliseconds(dice.below(7'200'000)));
  }
  return story;
}

std::string to_string(const Story& story) {
  static constexpr const char* kNames[] = {"plain", "slow",       "steps",
                                           "calls", "slow calls", "lets go"};
  std::string text =
      fmt::format("seed {}: {} migrators, {} gates, bursts of {} in pieces of {}{}", story.seed,
                  story.migrator_count, story.gate_count, story.burst_size, story.piece_size,
                  story.single_transaction ? ", one transaction" : "");
  for (const Temper temper : story.migrations) {
    text += fmt::format(", {}", kNames[static_cast<std::size_t>(temper)]);
  }
  for (const Fault& fault : story.faults) text += "\n  " + to_string(fault);
  return text;
}

}  // namespace tidegate::simulation
