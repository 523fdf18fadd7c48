#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/migration.h"

namespace tidegate {

/// What a native file's name says.
struct NativeName {
  Version version;
  std::string name;
  Direction direction = Direction::up;
};

/// Whether a file is SQL by its name, in whatever case.
bool is_sql_file(std::string_view file_name);

/// Takes a name such as `20261122120000_create_users.down.sql` apart. Where it isn't one, a finding
/// for `path` says why.
std::optional<NativeName> parse_native_name(std::string_view file_name, const std::string& path,
                                            std::vector<Finding>& findings);

}  // namespace tidegate
