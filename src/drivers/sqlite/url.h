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

enum class Mode { read_write, read_only };

/// Whether the URL, which has been through `parse_url`, asks for a database that stays as it is.
Mode mode_of(const DatabaseUrl& url);

}  // namespace tidegate::sqlite
