#include <fmt/format.h>

#include <iterator>

#include "lint/rule.h"
#include "sql/splitter.h"
#include "tidegate/error.h"
#include "tidegate/folder.h"

namespace tidegate {
namespace {

void check_script(Script& script, const Dialect& dialect, std::vector<Finding>& findings) {
  SplitScript split = split_sql(script.text, dialect, script.file);
  script.statements = std::move(split.statements);
  std::move(split.findings.begin(), split.findings.end(), std::back_inserter(findings));
  for (const Rule& rule : all_rules()) rule.check({script, dialect}, findings);
}

}  // namespace

std::vector<Finding> check_scripts(MigrationSet& set, std::string_view engine) {
  const Dialect* dialect = find_dialect(engine);
  if (dialect == nullptr) {
    throw Error(ErrorCode::internal, fmt::format("there is no dialect for {}", engine));
  }
  std::vector<Finding> findings;
  for (Migration& migration : set.migrations) {
    check_script(migration.up, *dialect, findings);
    if (migration.down) check_script(*migration.down, *dialect, findings);
  }
  return findings;
}

}  // namespace tidegate
