#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

#include "simulation/shrink.h"
#include "simulation/world.h"

// The stories allocate much and for short: what the address sanitizer keeps by default would take
// most of the time.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "malloc_context_size=4:quarantine_size_mb=16";
}

namespace tidegate::simulation {
namespace {

// What each protocol is shown in every run of the tests; `make chaos` asks for more.
constexpr std::uint64_t kUsualStories = 250;
// What a mutant may take to be noticed.
constexpr std::uint64_t kMostSeeds = 10'000;

std::uint64_t number_in(const char* name, std::uint64_t otherwise) {
  const char* const wanted = std::getenv(name);
  return wanted == nullptr ? otherwise : std::strtoull(wanted, nullptr, 10);
}

const Protocol& protocol_named(std::string_view name) {
  for (const Protocol& protocol : all_protocols()) {
    if (protocol.name == name) return protocol;
  }
  std::abort();
}

/// The first of so many seeds whose story breaks a promise.
std::optional<Story> find_broken(const Protocol& protocol, const Mutant* mutant,
                                 std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    Story story = make_story(seed, protocol);
    if (mutant != nullptr && !mutant->may_be_told_by(story)) continue;
    if (tell(story, protocol, mutant, Trace::no).broken) return story;
  }
  return std::nullopt;
}

std::string told(const Story& story, const Protocol& protocol, const Mutant* mutant) {
  const Ending ending = tell(story, protocol, mutant, Trace::yes);
  std::string text = to_string(story) + '\n';
  for (const std::string& line : ending.trace) text += line + '\n';
  return text;
}

class Simulation : public ::testing::TestWithParam<Protocol> {};

TEST_P(Simulation, S11_PromisesHoldWhateverTheSeed) {
  const Protocol& protocol = GetParam();
  const std::uint64_t first = number_in("TIDEGATE_SEED", std::random_device()() % 1'000'000);
  const std::uint64_t count = number_in("TIDEGATE_STORIES", kUsualStories);
  std::cout << count << " stories, TIDEGATE_SEED=" << first << std::endl;
  if (const auto broken = find_broken(protocol, nullptr, first, count)) {
    ADD_FAILURE() << "TIDEGATE_SEED=" << broken->seed << " TIDEGATE_STORIES=1 breaks a promise; "
                  << "the shortest story that does is\n"
                  << told(shrink(*broken, protocol, nullptr), protocol, nullptr);
  }
}

TEST_P(Simulation, S11_ASeedTellsTheSameStoryTwice) {
  const Protocol& protocol = GetParam();
  for (const std::uint64_t seed : {3U, 7U, 12U}) {
    const Story story = make_story(seed, protocol);
    EXPECT_EQ(told(story, protocol, nullptr), told(story, protocol, nullptr));
  }
}

INSTANTIATE_TEST_SUITE_P(All, Simulation,
                         ::testing::ValuesIn(all_protocols().begin(), all_protocols().end()),
                         [](const auto& each) { return std::string(each.param.name); });

class Mutants : public ::testing::TestWithParam<Mutant> {};

TEST_P(Mutants, S11_AMissingStepIsNoticed) {
  const Mutant& mutant = GetParam();
  const auto broken =
      find_broken(protocol_named(mutant.protocol), &mutant, mutant.first_seed, kMostSeeds);
  ASSERT_TRUE(broken) << kMostSeeds << " seeds don't tell it from the real one";
  std::cout << "noticed at seed " << broken->seed << std::endl;
}

INSTANTIATE_TEST_SUITE_P(All, Mutants,
                         ::testing::ValuesIn(all_mutants().begin(), all_mutants().end()),
                         [](const auto& each) {
                           return std::string(each.param.protocol) + "_" +
                                  std::string(each.param.name);
                         });

TEST(Shrink, S11_ABrokenPromiseIsToldInAShortForm) {
  const Protocol& protocol = protocol_named("session");
  const Mutant mutant{"no_second_look", "session", Mutant::Where::no_second_look};
  const auto broken = find_broken(protocol, &mutant, 1, kMostSeeds);
  ASSERT_TRUE(broken);
  const Story shortest = shrink(*broken, protocol, &mutant);
  EXPECT_EQ(shortest.migrator_count, 2U);
  EXPECT_EQ(shortest.gate_count, 0U);
  EXPECT_EQ(shortest.migrations.size(), 1U);
  EXPECT_TRUE(shortest.faults.empty());
  EXPECT_THAT(told(shortest, protocol, &mutant), ::testing::HasSubstr("BROKEN"));
}

}  // namespace
}  // namespace tidegate::simulation
