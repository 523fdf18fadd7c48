#pragma once

#include <string>
#include <vector>

#include "tidegate/migration.h"

namespace tidegate {

/// Where a build's migrations are.
struct FolderSettings {
  std::vector<std::string> folders;  ///< read with all folders below, merged by version
  std::string format;                ///< a name of the formats table; empty: found by content
};

/// What reading folders came to.
struct LoadedFolder {
  MigrationSet set;
  std::vector<Finding> findings;  ///< errors mean that nothing may run

  bool usable() const;
};

/// Reads every migration of the folders and checks what can be checked without a database: names,
/// versions, duplicates, encoding, directives. All findings at once, by file.
///
/// Writes: nothing. Throws: Error{usage} for a folder that is absent, unreadable or of an unknown
/// format.
LoadedFolder load_folder(const FolderSettings& settings);

/// Splits every script of the set by `engine`'s rules and checks the statements: transaction
/// control, what can't run in a transaction, what only a client program understands.
///
/// Returns all findings; errors mean that nothing may run.
std::vector<Finding> check_scripts(MigrationSet& set, std::string_view engine);

}  // namespace tidegate
