#pragma once

#include <vector>

#include "tidegate/history.h"
#include "tidegate/migration.h"

namespace tidegate {

/// What needs a person before this build may touch or rely on that history: applied files that were
/// edited or renamed, a floor above the build. Pure.
std::vector<Finding> find_blocks(const MigrationSet& set, const History& history);

/// The highest recorded floor that is above the newest migration of the set, or null.
const Record* floor_above(const MigrationSet& set, const History& history);

/// `20261122120000_create_users`.
std::string title_of(const Version& version, const std::string& name);

}  // namespace tidegate
