#include <algorithm>

#include "lint/rule.h"
#include "sql/words.h"

namespace tidegate {
namespace {

/// Where the server commits each such statement by itself, nothing runs in a transaction with it.
bool has_commits(const LintedScript& linted) {
  const std::vector<Statement>& statements = linted.script.statements;
  return std::any_of(statements.begin(), statements.end(), [&](const Statement& statement) {
    return commits_by_itself(linted.script.text_of(statement), linted.dialect) != nullptr;
  });
}

/// When a file without a transaction fails in the middle, what stands before it stays. The fewer
/// share a file, the less is half done; what can run in a transaction need not be.
void check(const LintedScript& linted, std::vector<Finding>& findings) {
  const Script& script = linted.script;
  if (script.directives.transactional == Transactional::yes) return;
  if (script.statements.size() < 2 || has_commits(linted)) return;
  for (const Statement& statement : script.statements) {
    const std::string_view text = script.text_of(statement);
    if (find_pattern(linted.dialect.needs_no_transaction, text, linted.dialect) != nullptr) {
      continue;
    }
    findings.push_back({Severity::warning, std::string(kSeveralWithoutTransaction.name),
                        script.place_of(statement),
                        "this statement could run in a transaction, and shares a no-transaction "
                        "file with others",
                        "move it into a migration of its own"});
    return;
  }
}

}  // namespace

const Rule kSeveralWithoutTransaction = {
    "several_without_transaction",
    "a no-transaction file with statements that could run in a transaction", check};

}  // namespace tidegate
