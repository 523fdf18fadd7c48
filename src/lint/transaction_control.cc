#include <fmt/format.h>

#include "lint/rule.h"
#include "sql/words.h"

namespace tidegate {
namespace {

std::string message_for(std::string_view shown, const LintedScript& linted) {
  // Whether there is a transaction is decided there by the statements, not by the file.
  if (!linted.dialect.commits_by_itself.empty()) {
    return fmt::format("{} inside a migration, which is committed with its record", shown);
  }
  if (linted.script.directives.transactional == Transactional::yes) {
    return fmt::format("{} inside a migration, which already runs in a transaction of its own",
                       shown);
  }
  return fmt::format(
      "{} inside a no-transaction migration, whose statements are recorded one by one", shown);
}

/// Refused in every script. In a transactional one it would commit half a migration without its
/// record; in one without a transaction the journal tells statement by statement what was done, and
/// could not say what a transaction of the script's own took back.
void check(const LintedScript& linted, std::vector<Finding>& findings) {
  const Script& script = linted.script;
  const bool transactional = script.directives.transactional == Transactional::yes;
  for (const Statement& statement : script.statements) {
    const StatementPattern* pattern =
        find_pattern(linted.dialect.transaction_control, script.text_of(statement), linted.dialect);
    if (pattern == nullptr) continue;
    findings.push_back(
        {Severity::error, std::string(kTransactionControl.name), script.place_of(statement),
         message_for(pattern->shown, linted),
         transactional ? "remove it"
                       : "remove it, or move what belongs together into a migration of its own "
                         "without '-- tidegate: no-transaction'"});
  }
}

}  // namespace

const Rule kTransactionControl = {"transaction_control",
                                  "BEGIN, COMMIT or ROLLBACK of the script's own", check};

}  // namespace tidegate
