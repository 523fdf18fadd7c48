#pragma once

#include <string_view>
#include <vector>

#include "tidegate/migration.h"

namespace tidegate::postgres {

/// How a statement of a script gets to the server.
enum class Way {
  pipelined,
  copy,     ///< by itself: libpq has no COPY in a pipeline
  code,     ///< one after the other, as a migration in C++ asks for them
  refused,  ///< not at all: it would end the transaction that its record belongs to
};

Way way_of(std::string_view sql);

/// Whether a statement is a BEGIN.
bool begins_transaction(std::string_view sql);

/// Whether a statement is a SET or RESET that outlives its transaction.
bool sets_something(std::string_view sql);

/// Those of a script's before one of its statements: they hold until the script's end.
std::vector<std::string_view> settings_before(const Script& script, const Statement& statement);

/// Whether no statement of a script can change a setting by itself. One may still call a function
/// that does, so what matters most (role and search path) is restored behind any script.
bool leaves_settings_alone(const Script& script);

/// Whether a statement may make the server forget prepared statements.
bool may_deallocate(std::string_view sql);

}  // namespace tidegate::postgres
