#include "tidegate/migration.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidegate {

std::string to_string(const Place& place) {
  if (place.line == 0) return place.file;
  return fmt::format("{}:{}:{}", place.file, place.line, place.column);
}

const Migration* MigrationSet::find(const Version& version) const {
  const auto found = std::lower_bound(
      migrations.begin(), migrations.end(), version,
      [](const Migration& migration, const Version& sought) { return migration.version < sought; });
  return found != migrations.end() && found->version == version ? &*found : nullptr;
}

}  // namespace tidegate
