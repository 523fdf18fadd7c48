#pragma once

#include <string_view>

#include "tidegate/driver.h"

namespace tidegate::sqlite {

/// Whether `text` names SQLite by its scheme.
bool has_scheme(std::string_view text);

/// Takes a URL apart; looks at no file.
///
/// Throws: Error{usage}.
DatabaseUrl parse_url(std::string_view text);

}  // namespace tidegate::sqlite
