#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tidegate/session.h"

namespace tidegate {

/// What a lock protects: one history. Two histories in one database don't block each other.
struct LockedHistory {
  std::string schema;  ///< empty: wherever the search path finds the table, or would make it
  std::string table;
};

/// PostgreSQL's advisory lock for one history, as an expression of type bigint. The server computes
/// it, so that every client agrees on it whatever its search path looks like: the schema is the
/// history table's, or where that table would be made.
///
/// Sessions that hold it directly and transactions that hold it through a pooler meet in it.
/// Its parameters $1 to $3 are `advisory_key_parameters`.
std::string_view advisory_key();
std::vector<Parameter> advisory_key_parameters(const LockedHistory& history);

}  // namespace tidegate
