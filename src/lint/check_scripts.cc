#include <fmt/format.h>

#include <iterator>

#include "base/two_halves.h"
#include "lint/rule.h"
#include "sql/splitter.h"
#include "tidegate/error.h"
#include "tidegate/folder.h"

namespace tidegate {
namespace {

void check_script(Script& script, const Dialect& dialect, std::vector<Finding>& findings) {
  if (script.code) return;
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
  std::vector<std::vector<Finding>> found(set.migrations.size());
  in_two_halves(set.migrations.size(), [&](std::size_t first, std::size_t last) {
    for (std::size_t index = first; index < last; ++index) {
      Migration& migration = set.migrations[index];
      check_script(migration.up, *dialect, found[index]);
      if (migration.down) check_script(*migration.down, *dialect, found[index]);
    }
  });
  std::vector<Finding> findings;
  for (std::vector<Finding>& each : found) {
    std::move(each.begin(), each.end(), std::back_inserter(findings));
  }
  return findings;
}

}  // namespace tidegate
