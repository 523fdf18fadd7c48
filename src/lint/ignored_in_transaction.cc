#include <fmt/format.h>

#include "lint/rule.h"
#include "sql/words.h"

namespace tidegate {
namespace {

void check(const LintedScript& linted, std::vector<Finding>& findings) {
  const Script& script = linted.script;
  if (script.directives.transactional == Transactional::no) return;
  for (const Statement& statement : script.statements) {
    const StatementPattern* pattern = find_pattern(linted.dialect.ignored_in_transaction,
                                                   script.text_of(statement), linted.dialect);
    if (pattern == nullptr) continue;
    findings.push_back(
        {Severity::warning, std::string(kIgnoredInTransaction.name), script.place_of(statement),
         fmt::format("{} has no effect inside a transaction", pattern->shown), "remove it"});
  }
}

}  // namespace

const Rule kIgnoredInTransaction = {"ignored_in_transaction",
                                    "a statement that does nothing in a transaction", check};

}  // namespace tidegate
