#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>

#include "drivers/sqlite/connection.h"
#include "drivers/sqlite/script_log.h"

namespace tidegate::sqlite {

/// A row whose foreign key leads nowhere.
struct Violation {
  std::string table;
  std::string row_id;  ///< empty in a table WITHOUT ROWID
  std::string parent;
  std::string mismatch;  ///< instead of a row: the tables don't fit together
  friend auto operator<=>(const Violation&, const Violation&) = default;
};

/// How often each occurs: rows without a rowid look the same.
using Violations = std::map<Violation, std::size_t>;

/// Finds foreign keys that a migration broke.
///
/// Only tables that a script changed, and tables that refer to those, are checked: checking all
/// (`PRAGMA foreign_key_check`) reads every row of every table that has a foreign key, for each
/// migration. What was broken before a migration is none of its business, and is looked up only
/// when something is found to be broken.
class ForeignKeys {
 public:
  /// Learns who refers to whom, if the schema has changed since it was last asked.
  void look(Connection& connection);

  /// What is broken after the statements of `log` ran, among the tables that they could have
  /// broken.
  Violations broken_by(Connection& connection, const ScriptLog& log);

  /// The transaction that `broken_by` looked into was committed; unless told so, what was learnt of
  /// the schema there is forgotten.
  void committed() { schema_version_ = uncommitted_version_; }

  /// Whether all of that was broken before.
  bool known(const Violations& violations) const;

  /// Looks whether `after` was there before the migration, which has been rolled back.
  ///
  /// Throws: Error{statement_failed} naming what wasn't.
  void learn(Connection& connection, const Violations& after);

 private:
  using References = std::map<std::string, std::set<std::string>>;  ///< child to parents

  void learn_all_references(Connection& connection);
  void learn_references_of(Connection& connection, const std::string& table);
  std::set<std::string> possibly_broken(const std::set<std::string>& touched) const;
  Violations check(Connection& connection, const std::set<std::string>& tables) const;

  std::string schema_version_;
  std::string uncommitted_version_;
  References references_;
  Violations before_;
};

}  // namespace tidegate::sqlite
