#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "tidegate/migration.h"

namespace tidegate {

enum class ErrorCode {
  usage,             ///< a flag, a URL, the config or the folder is wrong; nothing was sent
  unreachable,       ///< no connection: refused, timed out, starting up, full; may pass
  access_denied,     ///< the server refuses this user, password or TLS setting
  no_database,       ///< the server is there, the database is not
  no_table,          ///< a table, schema or file that was to be read is not there
  no_permission,     ///< this role lacks a right on an object
  foreign_table,     ///< a table has the history's name but another tool's columns
  not_a_database,    ///< the file is something else
  read_only,         ///< the database can't be written: standby, file or file system
  disk_full,         ///< no room left
  lock_timeout,      ///< the server gave up waiting for another session's lock, or saw a deadlock
  statement_failed,  ///< the server refused a statement
  connection_lost,   ///< the session died; what it had not committed is undone
  outcome_unknown,   ///< the session died while it committed: look, never retry
  fenced,            ///< the lock is no longer ours: another replica took over
  interrupted,       ///< a stop was requested; the running statement was cancelled
  timed_out,         ///< our own deadline passed
  blocked,           ///< needs a person's decision
  internal,          ///< a bug of ours
};

/// The code's name, as in logs: `connection_lost`.
std::string_view to_string(ErrorCode code);

/// What stops the work, with every fact that is known about it.
///
/// `message` is one sentence that names the thing; `hint` an imperative. Neither ever holds a
/// password.
class Error : public std::exception {
 public:
  Error(ErrorCode which, std::string sentence, std::string imperative = {})
      : code(which), message(std::move(sentence)), hint(std::move(imperative)) {}

  const char* what() const noexcept override { return message.c_str(); }

  /// Whether the session that threw can still be used.
  bool session_usable() const;
  /// Whether the work may have been committed all the same.
  bool may_have_happened() const { return code == ErrorCode::outcome_unknown; }
  /// Whether the same try may succeed a little later without a person.
  bool may_pass() const;

  ErrorCode code;
  std::string message;
  std::string hint;
  Place place;              ///< in the user's files, where known
  std::string statement;    ///< the failing statement, where known
  std::string server_code;  ///< SQLSTATE, or SQLite's extended result code by name
  std::string detail;       ///< the server's DETAIL, HINT and CONTEXT, where given
};

}  // namespace tidegate
