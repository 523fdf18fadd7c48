#pragma once

#include <cstddef>
#include <functional>

#include "drivers/sqlite/connection.h"
#include "drivers/sqlite/script_log.h"
#include "tidegate/migration.h"

namespace tidegate::sqlite {

/// Runs a whole script inside the open transaction, one statement after the other. SQLite's own
/// parser finds where each ends. `started` hears each statement's index before it is run.
///
/// Throws: Error with place and statement.
void run_script(Connection& connection, const Script& script, ScriptLog& log,
                const std::function<void(std::size_t)>& started);

/// Calls a migration in C++ with the open transaction.
///
/// Throws: Error with the file's name, and the statement where it was one that failed.
void run_code(Connection& connection, const Script& script, ScriptLog& log);

/// Runs one statement of a script, where `log` says: inside the open transaction, or alone.
///
/// Throws: Error with place and statement.
void run_statement(Connection& connection, const Script& script, const Statement& statement,
                   ScriptLog& log);

}  // namespace tidegate::sqlite
