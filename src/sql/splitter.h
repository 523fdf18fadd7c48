#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/dialect.h"
#include "tidegate/migration.h"

namespace tidegate {

/// What a script was cut into.
struct SplitScript {
  std::vector<Statement> statements;  ///< in order
  std::vector<Finding> findings;      ///< errors: the script can't be run as it stands
};

/// Cuts `text` into statements by a dialect's rules. `file` is for the findings' places.
///
/// Quotes, comments, parentheses, bodies of routines and triggers, and the rows of a COPY hide
/// semicolons; nothing else of SQL's grammar is known, so that a newer server's statements pass.
/// Statements without any token vanish. Takes time linear in the text.
SplitScript split_sql(std::string_view text, const Dialect& dialect, const std::string& file);

}  // namespace tidegate
