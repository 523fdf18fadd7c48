#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tidegate/migration.h"
#include "tidegate/session.h"

namespace tidegate {

/// What a migration written in C++ is given: the transaction that its record will be committed in.
class Work {
 public:
  virtual ~Work() = default;

  /// Runs one statement and waits for its rows.
  ///
  /// Throws: Error with the server's refusal. One that is caught doesn't save the transaction, and
  /// the migration fails with it all the same; but SQLite's mostly undo their own statement only.
  virtual Rows execute(const Query& query) = 0;
};

/// A migration written in C++. It runs in a transaction, beside SQL ones and in one order with
/// them; an exception that leaves it fails the migration.
struct CodeMigration {
  Version version;
  std::string name;
  std::function<void(Work&)> up;
  std::function<void(Work&)> down = {};  ///< empty: can't be reverted
  Directives directives = {};
};

/// Puts migrations in C++ among those of a folder. The history knows each by its name: what the
/// function does may be changed without the edit being noticed.
///
/// Throws: Error{usage} for a version or a name that is there already, or one that is to run
/// outside a transaction.
void add_code(MigrationSet& set, const std::vector<CodeMigration>& migrations);

}  // namespace tidegate
