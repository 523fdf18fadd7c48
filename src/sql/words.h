#pragma once

#include <span>
#include <string_view>

#include "sql/dialect.h"

namespace tidegate {

/// The first of `patterns` that `statement` begins as, or null. The statement's strings, quoted
/// names and comments never match a word.
const StatementPattern* find_pattern(std::span<const StatementPattern> patterns,
                                     std::string_view statement, const Dialect& dialect);

/// The pattern of `statement` when the server commits whatever transaction it is in, before or
/// behind it, or when nobody can tell from its text (CALL, EXECUTE); else null.
const StatementPattern* commits_by_itself(std::string_view statement, const Dialect& dialect);

}  // namespace tidegate
