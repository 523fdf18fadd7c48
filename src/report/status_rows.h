#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tidegate/database.h"

namespace tidegate {

/// Where one migration stands on one database, for this build.
enum class MigrationState {
  applied,
  edited,        ///< applied, but the file is another one by now
  missing_file,  ///< applied, but this build has no such file
  pending,
  running,
  failed,
  interrupted,  ///< not in a transaction, and a statement of it was begun and not ended
};

/// For people: `missing file`.
std::string_view shown_state(MigrationState state);
/// For programs: `missing_file`.
std::string_view to_string(MigrationState state);

/// One line of the table that `status` prints.
struct StatusRow {
  Version version;
  std::string name;
  MigrationState state = MigrationState::pending;
  std::string applied_at;  ///< UTC, RFC 3339; empty where it isn't applied or isn't known
  std::string file;        ///< empty where there is none
};

/// Every migration of the build and of the history, by version. Pure.
std::vector<StatusRow> status_rows(const MigrationSet& set, const Status& status);

}  // namespace tidegate
