#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sql/dialect.h"
#include "tidegate/migration.h"

namespace tidegate {

/// What a rule looks at: one split script and the engine it is for.
struct LintedScript {
  const Script& script;
  const Dialect& dialect;
};

/// One thing that is looked for in every script: a row of the rules' table.
struct Rule {
  std::string_view name;         ///< of its findings
  std::string_view description;  ///< one line
  void (*check)(const LintedScript& linted, std::vector<Finding>& findings);
};

/// Every rule.
std::span<const Rule> all_rules();

extern const Rule kTransactionControl;
extern const Rule kNeedsNoTransaction;
extern const Rule kIgnoredInTransaction;
extern const Rule kSeveralWithoutTransaction;

}  // namespace tidegate
