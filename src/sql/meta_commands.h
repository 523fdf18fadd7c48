#pragma once

#include <cstddef>
#include <string_view>

#include "tidegate/migration.h"

namespace tidegate {

/// What to say of the psql command whose backslash is at `offset`: only psql understands it, the
/// server doesn't. The finding's place is left to the caller.
Finding meta_command_finding(std::string_view text, std::size_t offset);

}  // namespace tidegate
