#pragma once

#include <string>
#include <string_view>

#include "tidegate/error.h"

namespace tidegate::mysql {

/// Whose statement the server refused. A missing table means `no_history` when we looked for it,
/// and a failed statement when a migration did.
enum class Author { ours, migration };

/// An error as the client library tells it: the server's number, or one of the library's own.
struct ServerWords {
  unsigned number = 0;
  std::string state;  ///< SQLSTATE
  std::string message;
};

/// The numbers that more than one place has to know.
/// https://mariadb.com/kb/en/mariadb-error-code-reference/
inline constexpr unsigned kDeadlock = 1213;
inline constexpr unsigned kLockWaitTimeout = 1205;
inline constexpr unsigned kUnknownVariable = 1193;
inline constexpr unsigned kMoreThanOneRow = 1242;
inline constexpr unsigned kNoSuchSavepoint = 1305;
inline constexpr unsigned kInterrupted = 1317;
inline constexpr unsigned kNotPrepared = 1047;

/// What a number means.
ErrorCode code_of(unsigned number, Author author);

/// Whether the session can't be used any more after this answer.
bool ends_session(unsigned number);

/// The server's refusal, without statement and place.
Error error_of(const ServerWords& words, Author author);

/// Why a connection attempt to `shown` failed.
Error connect_error(const ServerWords& words, std::string_view shown);

/// The connection is gone. `reason` is the library's last word.
Error lost_error(ErrorCode code, std::string_view reason);

}  // namespace tidegate::mysql
