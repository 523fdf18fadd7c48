#pragma once

#include <optional>
#include <string>

#include "simulation/execution.h"

namespace tidegate::simulation {

/// What the server tells of itself: pg_locks, pg_stat_activity and the few catalogs that our
/// queries join; nothing for any other name.
std::optional<Relation> system_table(Host& host, const std::string& name);

/// The object id of a table, as pg_class and to_regclass have it.
std::int64_t oid_of(const std::string& table);

}  // namespace tidegate::simulation
