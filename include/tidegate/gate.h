#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/history.h"
#include "tidegate/lock.h"
#include "tidegate/migration.h"

namespace tidegate {

enum class Verdict {
  unreachable,  ///< no answer from the server
  no_database,  ///< the server is there, the database is not
  no_history,   ///< the database is there, nobody has ever migrated it
  pending,      ///< something needed is missing, and nobody is at it
  running,      ///< something needed is missing, and a migrator is at it
  failed,       ///< the last run failed, and nobody is at it
  stalled,      ///< the last run's holder died, and nobody is at it
  open,         ///< all that is needed is there
  ahead,        ///< open, and the database knows more
  too_old,      ///< open, but a floor is above this build
  blocked,      ///< needs a person: an edited file, a missing right, a foreign table
};

/// The verdict's name, as in logs and JSON: `too_old`.
std::string_view to_string(Verdict verdict);

/// Whether a service may start.
bool is_open(Verdict verdict);

/// What a look at one database found, for this build.
struct GateState {
  Verdict verdict = Verdict::unreachable;
  std::string reason;  ///< one sentence for a person
  std::string recipe;  ///< what to do next; empty where waiting is enough
  std::size_t needed_count = 0;
  std::size_t recorded_count = 0;  ///< of the needed ones
  std::vector<Version> missing;    ///< needed, not recorded; ascending
  std::vector<Version> ahead;      ///< recorded, unknown to this build
  std::optional<Holder> holder;    ///< who holds the migrators' lock
  std::optional<Run> last_run;
  std::optional<Version> floor;   ///< the highest recorded one
  std::vector<Finding> findings;  ///< what blocks
};

/// What this build needs: all of its folder, or what is at or below `up_to`.
struct Needs {
  std::optional<Version> up_to;
};

/// What was read of a database, as far as it could be read.
struct Look {
  std::optional<Error> error;  ///< when nothing could be read
  History history;
  std::optional<Holder> holder;
  std::optional<Crowd> crowd = {};  ///< told where the lock was asked for, too
};

/// Judges what was read against what a build needs. Pure.
GateState judge(const MigrationSet& set, const Look& look, const Needs& needs);

}  // namespace tidegate
