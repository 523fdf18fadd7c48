#pragma once

#include <string>
#include <string_view>

#include "tidegate/gate.h"
#include "tidegate/migration.h"

namespace tidegate {

/// `text` for HTML, attribute values included.
std::string html_of(std::string_view text);

/// The page: what the database lacks, and the button. `failure` is what the last press came to.
std::string page_text(const GateState& state, const MigrationSet& build, std::string_view token,
                      std::string_view failure);

}  // namespace tidegate
