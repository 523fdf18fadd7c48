#pragma once

#include <string_view>

#include "drivers/mysql/errors.h"
#include "tidegate/migration.h"

namespace tidegate::mysql {

/// Where in a script a statement was refused, as far as the server's message tells: "near '…' at
/// line 2". The statement's beginning otherwise.
Place place_of(const ServerWords& words, const Script& script, const Statement& statement);

/// A statement's refusal with all that is known of where it happened.
Error refusal_of(const ServerWords& words, const Script& script, const Statement& statement);

}  // namespace tidegate::mysql
