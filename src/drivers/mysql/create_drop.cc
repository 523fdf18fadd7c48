#include "drivers/mysql/create_drop.h"

#include <string>

#include "base/quote.h"
#include "drivers/mysql/session.h"
#include "drivers/mysql/url.h"
#include "tidegate/error.h"

namespace tidegate::mysql {
namespace {

constexpr std::string_view kExistsAlready = "1007";
constexpr std::string_view kLockWaitTimeoutCode = "1205";

/// A database is made and dropped from beside it.
MysqlSession connect_beside(const DatabaseUrl& url, const ConnectOptions& options) {
  ConnectionSettings settings = settings_of(url.text);
  if (settings.database.empty()) {
    throw Error(ErrorCode::usage, "the database URL names no database",
                "write mysql://USER@HOST:PORT/DATABASE");
  }
  settings.database.clear();
  return {settings, options, MysqlSession::Sees::its_node};
}

bool exists(MysqlSession& session, const std::string& name) {
  return !session
              .execute({"SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = $1", {name}})
              .empty();
}

/// Those that have the database as theirs now. The right to see others' is PROCESS.
void end_other_sessions(MysqlSession& session, const std::string& name) {
  const Rows others = session.execute(
      {"SELECT ID FROM information_schema.PROCESSLIST WHERE DB = $1 AND ID <> CONNECTION_ID()",
       {name}});
  for (std::size_t row = 0; row < others.size(); ++row) {
    try {
      session.execute({"KILL CONNECTION " + others.text(row, 0)});
    } catch (const Error& error) {
      // It has ended by itself meanwhile.
      if (error.server_code != "1094") throw;
    }
  }
}

}  // namespace

Driver::Existed create_database(const DatabaseUrl& url, const ConnectOptions& options) {
  MysqlSession session = connect_beside(url, options);
  // Asked first, since a user without the right to create is refused even where nothing is to do.
  if (exists(session, url.database)) return Driver::Existed::yes;
  try {
    session.execute({"CREATE DATABASE " + backticked(url.database) + " CHARACTER SET utf8mb4"});
  } catch (const Error& error) {
    if (error.server_code == kExistsAlready) return Driver::Existed::yes;
    throw;
  }
  return Driver::Existed::no;
}

Driver::Existed drop_database(const DatabaseUrl& url, const ConnectOptions& options,
                              Driver::Force force) {
  MysqlSession session = connect_beside(url, options);
  if (!exists(session, url.database)) return Driver::Existed::no;
  if (force == Driver::Force::yes) end_other_sessions(session, url.database);
  try {
    session.execute({"SET SESSION lock_wait_timeout = 10"});
    session.execute({"DROP DATABASE IF EXISTS " + backticked(url.database)});
  } catch (Error& error) {
    if (error.server_code == kLockWaitTimeoutCode) {
      error.code = ErrorCode::blocked;
      error.hint = "end the other sessions, or drop it with --force, which ends them";
    }
    throw;
  }
  return Driver::Existed::yes;
}

}  // namespace tidegate::mysql
