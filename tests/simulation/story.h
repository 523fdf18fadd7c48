#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "simulation/process.h"
#include "simulation/protocols.h"

namespace tidegate::simulation {

/// What a migration of a story is like.
enum class Temper {
  plain,       ///< one transaction
  slow,        ///< the same, and it takes a while
  steps,       ///< `no-transaction`, with statements that can stand in one by themselves
  calls,       ///< `no-transaction`, with statements that can't, of which nobody but a person knows
  slow_calls,  ///< the same, and it takes a while
  lets_go,     ///< drops the session's locks, which it should not
};

inline bool is_alone(Temper temper) {
  return temper == Temper::steps || temper == Temper::calls || temper == Temper::slow_calls;
}

/// Everything that a run of the simulation is made of. Two runs of one story are the same.
struct Story {
  std::uint64_t seed = 0;
  std::size_t migrator_count = 2;
  std::size_t gate_count = 1;
  std::vector<Temper> migrations;
  std::size_t burst_size = 1000;  ///< statements that are sent ahead
  std::size_t piece_size = 1000;  ///< of these between two Syncs
  std::size_t pool_size = 2;      ///< of a pooler, where the protocol is for one
  bool single_transaction = false;
  unsigned switch_one_in = 1;  ///< how seldom a process is interrupted that could go on
  std::vector<std::chrono::milliseconds> clock_errors;  ///< by process: migrators, then gates
  std::vector<std::chrono::milliseconds> starts;
  std::vector<Fault> faults;
  std::optional<std::vector<std::uint8_t>> schedule;  ///< told decisions instead of the seed's
};

/// The story that a seed tells.
Story make_story(std::uint64_t seed, const Protocol& protocol);

std::string to_string(const Story& story);

}  // namespace tidegate::simulation
