#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tidegate/migration.h"

namespace tidegate {

/// Reads the `-- tidegate:` comments at the head of a script, before its first statement. What is
/// misspelt, repeated, without effect or in the wrong place is a finding: a directive that is
/// passed over in silence would run a migration in a way its author did not mean.
Directives parse_directives(std::string_view text, const std::string& file, Direction direction,
                            std::vector<Finding>& findings);

}  // namespace tidegate
