#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tidegate/history.h"
#include "tidegate/migration.h"

namespace tidegate {

/// How far a run is to go.
struct Target {
  enum class Kind { all, to, to_exclusive, step };
  Kind kind = Kind::all;
  Version version;               ///< for `to`, `to_exclusive`
  std::uint32_t step_count = 0;  ///< for `step`
};

enum class Order { any, strict };
enum class PhaseFilter { all, expand, contract };

/// What the caller wants of a plan.
struct Policy {
  Direction direction = Direction::up;
  Target target;
  Order order = Order::any;
  PhaseFilter phase = PhaseFilter::all;
};

/// One migration to apply or revert.
struct Step {
  const Migration* migration = nullptr;  ///< lives in the set
  Direction direction = Direction::up;
  /// Where to go on in a script outside a transaction: so many statements are done already.
  std::size_t statements_done = 0;

  const Script& script() const {
    return direction == Direction::up ? migration->up : *migration->down;
  }
};

/// What a run would do, or why it must not.
struct Plan {
  std::vector<Step> steps;
  /// Worth saying, no reason to stop: an older version pending, a recorded one without a file.
  std::vector<Finding> warnings;
  /// Needs a person; while there is one, `steps` is empty.
  std::vector<Finding> blocks;

  bool blocked() const { return !blocks.empty(); }
};

/// Compares a build's migrations with a history. Pure.
Plan make_plan(const MigrationSet& set, const History& history, const Policy& policy);

}  // namespace tidegate
