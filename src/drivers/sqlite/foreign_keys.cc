#include "drivers/sqlite/foreign_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"

namespace tidegate::sqlite {

namespace {

/// More broken rows of one table are neither told apart nor told.
constexpr std::size_t kMaxBrokenPerTable = 100'000;

std::string schema_version(Connection& connection) {
  return connection.query({"PRAGMA schema_version"}).text(0, 0);
}

Error broken(const Violation& violation, std::size_t more_count) {
  std::string message =
      violation.row_id.empty()
          ? fmt::format("a row of table '{}'", violation.table)
          : fmt::format("the row with rowid {} of table '{}'", violation.row_id, violation.table);
  message += fmt::format(" refers to a row of '{}' that is not there", violation.parent);
  if (!violation.mismatch.empty()) message = violation.mismatch;
  if (more_count > 0) message += fmt::format(", and {} more like it", more_count);
  Error error(ErrorCode::statement_failed, std::move(message),
              "add the row it refers to, or remove or correct the one that refers to it");
  error.server_code = "SQLITE_CONSTRAINT_FOREIGNKEY";
  return error;
}

/// What `after` has that `before` had not, or had less often.
Violations difference(const Violations& after, const Violations& before) {
  Violations result;
  for (const auto& [violation, count] : after) {
    const auto found = before.find(violation);
    if (found == before.end() || found->second < count) result.emplace(violation, count);
  }
  return result;
}

}  // namespace

void ForeignKeys::look(Connection& connection) {
  std::string version = schema_version(connection);
  if (version == schema_version_) return;
  learn_all_references(connection);
  schema_version_ = std::move(version);
}

void ForeignKeys::learn_all_references(Connection& connection) {
  references_.clear();
  const Rows rows =
      connection.query({R"(SELECT child.name, key."table" FROM main.sqlite_schema AS child
            JOIN pragma_foreign_key_list(child.name, 'main') AS key
           WHERE child.type = 'table' AND child.sql LIKE '%references%')"});
  for (std::size_t row = 0; row < rows.size(); ++row) {
    references_[to_lower(rows.text(row, 0))].insert(to_lower(rows.text(row, 1)));
  }
}

void ForeignKeys::learn_references_of(Connection& connection, const std::string& table) {
  const Rows rows =
      connection.query({R"(SELECT "table" FROM pragma_foreign_key_list($1, 'main'))", {table}});
  for (std::size_t row = 0; row < rows.size(); ++row) {
    references_[table].insert(to_lower(rows.text(row, 0)));
  }
}

Violations ForeignKeys::broken_by(Connection& connection, const ScriptLog& log) {
  std::set<std::string> touched = log.touched;
  if (log.may_add_keys) touched.insert(log.altered.begin(), log.altered.end());

  schema_version_.clear();
  if (log.reshaped && (log.may_add_keys || !references_.empty())) {
    const References old = references_;
    learn_all_references(connection);
    // A table that was renamed: its rows may have come under another name.
    for (const auto& [child, parents] : references_) {
      if (!old.contains(child)) touched.insert(child);
    }
  } else if (log.may_add_keys) {
    for (const std::string& table : log.created) learn_references_of(connection, table);
  }
  uncommitted_version_ = schema_version(connection);
  return check(connection, possibly_broken(touched));
}

std::set<std::string> ForeignKeys::possibly_broken(const std::set<std::string>& touched) const {
  std::set<std::string> tables;
  for (const auto& [child, parents] : references_) {
    const bool parent_touched = std::any_of(
        parents.begin(), parents.end(), [&](const auto& each) { return touched.contains(each); });
    if (parent_touched || touched.contains(child)) tables.insert(child);
  }
  return tables;
}

Violations ForeignKeys::check(Connection& connection, const std::set<std::string>& tables) const {
  Violations violations;
  for (const std::string& table : tables) {
    try {
      const Rows rows = connection.query(
          {fmt::format(
               R"(SELECT "table", rowid, parent FROM pragma_foreign_key_check($1, 'main') LIMIT {})",
               kMaxBrokenPerTable),
           {table}});
      for (std::size_t row = 0; row < rows.size(); ++row) {
        ++violations[{rows.text(row, 0), rows.text(row, 1), rows.text(row, 2), {}}];
      }
    } catch (const Error& error) {
      // "foreign key mismatch": the parent's columns aren't unique.
      if (error.server_code != "SQLITE_ERROR") throw;
      ++violations[{table, {}, {}, error.message}];
    }
  }
  return violations;
}

bool ForeignKeys::known(const Violations& violations) const {
  return difference(violations, before_).empty();
}

void ForeignKeys::learn(Connection& connection, const Violations& after) {
  learn_all_references(connection);
  std::set<std::string> tables;
  for (const auto& [violation, count] : after) tables.insert(to_lower(violation.table));
  // Those that the migration would have made aren't there.
  std::erase_if(tables, [&](const std::string& each) { return !references_.contains(each); });
  const Violations before = check(connection, tables);
  const Violations added = difference(after, before);
  if (!added.empty()) throw broken(added.begin()->first, added.size() - 1);
  for (const auto& [violation, count] : before) before_[violation] = count;
}

}  // namespace tidegate::sqlite
