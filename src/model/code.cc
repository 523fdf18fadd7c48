#include "tidegate/code.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "model/checksum.h"
#include "model/validation.h"
#include "tidegate/error.h"

namespace tidegate {
namespace {

Script script_of(const CodeMigration& migration, const std::function<void(Work&)>& code) {
  Script script;
  script.file = fmt::format("{}_{} (C++)", migration.version.text(), migration.name);
  script.checksum = checksum_of(fmt::format("C++ {}", migration.name));
  script.directives = migration.directives;
  script.code = code;
  return script;
}

Migration migration_of(const CodeMigration& code) {
  if (!code.up || code.version.empty() || code.name.empty()) {
    throw Error(ErrorCode::usage, "a migration in C++ lacks its version, its name or its function",
                "give it all three");
  }
  if (code.directives.transactional == Transactional::no) {
    throw Error(ErrorCode::usage,
                fmt::format("{} is a migration in C++ outside a transaction", code.name),
                "write it in SQL: only then a crash between two statements can be settled");
  }
  Migration migration{code.version, code.name, script_of(code, code.up), std::nullopt};
  if (code.down) migration.down = script_of(code, code.down);
  return migration;
}

}  // namespace

void add_code(MigrationSet& set, const std::vector<CodeMigration>& migrations) {
  MigrationSet all = set;
  for (const CodeMigration& code : migrations) all.migrations.push_back(migration_of(code));
  const std::vector<Finding> findings = order_and_validate(all.migrations);
  for (const Finding& finding : findings) {
    if (finding.severity == Severity::error) {
      throw Error(ErrorCode::usage, finding.message, finding.recipe);
    }
  }
  set = std::move(all);
}

}  // namespace tidegate
