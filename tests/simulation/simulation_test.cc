#include <gtest/gtest.h>

#include <cstdlib>

#include "simulation/world.h"

namespace tidegate::simulation {
namespace {

std::uint64_t seed_count(std::uint64_t usual) {
  const char* const wanted = std::getenv("TIDEGATE_SEEDS");
  return wanted == nullptr ? usual : std::strtoull(wanted, nullptr, 10);
}

TEST(Simulation, S11_PromisesHoldForEverySeed) {
  for (const Protocol& protocol : all_protocols()) {
    std::size_t steps = 0;
    for (std::uint64_t seed = 1; seed <= seed_count(500); ++seed) {
      const Story story = make_story(seed, protocol);
      const Ending ending = tell(story, protocol, nullptr, Trace::no);
      steps += ending.step_count;
      if (std::getenv("V")) std::printf("%lu %zu\n", seed, ending.step_count), std::fflush(stdout);
      if (!ending.broken) continue;
      const Ending again = tell(story, protocol, nullptr, Trace::yes);
      std::string text = to_string(story) + "\n";
      for (const auto& line : again.trace) text += line + "\n";
      ADD_FAILURE() << protocol.name << ": " << *ending.broken << "\n" << text;
      break;
    }
    std::printf("%s: %zu steps\n", std::string(protocol.name).c_str(), steps);
  }
}

}  // namespace
}  // namespace tidegate::simulation
