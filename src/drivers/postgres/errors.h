#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <string_view>

#include "tidegate/error.h"

namespace tidegate::postgres {

struct FreeResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, FreeResult>;

/// Whose statement the server refused. A missing table means `no_history` when we looked for it,
/// and a failed statement when a migration did.
enum class Author { ours, migration };

/// What an SQLSTATE means: https://www.postgresql.org/docs/current/errcodes-appendix.html
ErrorCode code_of(std::string_view sqlstate, Author author);

/// A result's field, empty where the server gave none.
std::string field_of(const PGresult* result, int field);

/// Whether the server ended the session with this answer, rather than just the statement.
bool ends_session(const PGresult* result);

/// The server's refusal, without statement and place.
Error error_of(const PGresult* result, Author author);

/// Why a connection attempt failed. `message` is libpq's, in verbose form; `shown` the database.
Error connect_error(std::string_view message, std::string_view shown);

/// The connection is gone. `reason` is libpq's last word.
Error lost_error(ErrorCode code, std::string_view reason);

}  // namespace tidegate::postgres
