#pragma once

#include <vector>

#include "tidegate/migration.h"

namespace tidegate {

/// Puts `migrations` in order and finds what only shows in all of them together: versions and
/// names that are used twice, floors that no build reaches.
///
/// Of several migrations with one version, only the first by path stays in the set; the finding
/// says that nothing may run.
std::vector<Finding> order_and_validate(std::vector<Migration>& migrations);

}  // namespace tidegate
