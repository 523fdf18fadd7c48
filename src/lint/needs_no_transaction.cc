#include <fmt/format.h>

#include "lint/rule.h"
#include "sql/words.h"

namespace tidegate {
namespace {

void check(const LintedScript& linted, std::vector<Finding>& findings) {
  const Script& script = linted.script;
  if (script.directives.transactional == Transactional::no) return;
  for (const Statement& statement : script.statements) {
    const StatementPattern* pattern = find_pattern(linted.dialect.needs_no_transaction,
                                                   script.text_of(statement), linted.dialect);
    if (pattern == nullptr) continue;
    findings.push_back(
        {Severity::error, std::string(kNeedsNoTransaction.name), script.place_of(statement),
         fmt::format("{} can't run inside a transaction", pattern->shown),
         script.statements.size() == 1
             ? "put '-- tidegate: no-transaction' on the first line"
             : "move it into a file of its own with '-- tidegate: no-transaction' on the first "
               "line"});
  }
}

}  // namespace

const Rule kNeedsNoTransaction = {"needs_no_transaction",
                                  "a statement that the server refuses in a transaction", check};

}  // namespace tidegate
