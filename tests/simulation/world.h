#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulation/connection.h"
#include "simulation/mutants.h"
#include "simulation/story.h"
#include "tidegate/history.h"
#include "tidegate/migration.h"

namespace tidegate::simulation {

/// What a story came to.
struct Ending {
  std::optional<std::string> broken;  ///< the promise that was, and how
  std::vector<std::string> trace;
  std::vector<std::uint8_t> schedule;  ///< every decision that was made
  std::size_t step_count = 0;
};

enum class Trace { no, yes };

/// Tells one story with the real migrator, gate, lock protocol and history over simulated sessions,
/// and asks at each commit and each opening whether the promises hold. `mutant` may be null.
Ending tell(const Story& story, const Protocol& protocol, const Mutant* mutant, Trace trace);

/// What all processes of a story share.
struct World {
  const Story& story;
  const Protocol& protocol;
  const Mutant* mutant;
  Scheduler& scheduler;
  Host& host;
  Pool* pool;            ///< null without a pooler
  std::string database;  ///< the path, where the lock is a file beside it
  MigrationSet set;
  Ending& ending;
  bool tracing = false;

  void say(const std::string& what);
  void broke(const std::string& promise);
  /// How often a statement's effect is committed.
  std::int64_t effect_count(std::size_t migration, std::size_t statement) const;
  bool is_recorded(std::size_t migration) const;
  bool all_recorded() const;
  /// Whether all has been there for so long, without a fault, that everybody must know.
  bool is_settled() const;

  std::optional<TimePoint> completed_at;
  TimePoint last_fault = TimePoint();
  std::vector<std::int64_t> effects_seen;  ///< what `effect_count` reads, made at each commit
};

}  // namespace tidegate::simulation
