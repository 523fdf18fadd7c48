#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tidegate/driver.h"

namespace tidegate::conformance {

/// One driver under test, with the SQL that differs from engine to engine. A new driver is a row of
/// `subjects()`; the tests know no engine.
struct ConformanceSubject {
  std::string name;
  const Driver* driver = nullptr;
  /// The URL of a database that isn't there yet; another one at each call.
  std::function<std::string()> new_url;
  /// A URL that is wrong, with `secret` in it as a password where the engine has passwords.
  std::string bad_url;

  /// Whether a transaction undoes what it has made and dropped, too.
  enum class Ddl { in_transactions, commits_by_itself };
  Ddl ddl = Ddl::in_transactions;
  std::string text_type = "TEXT";  ///< as CAST knows it
  /// One text of several expressions.
  std::function<std::string(const std::vector<std::string>&)> joined;
  std::string slow_statement;   ///< works for an hour in a read, a script or alone
  std::string alone_statement;  ///< can't be run in a transaction
  /// Sets something on the connection, then a read that shows whether it is set.
  std::string leaking_statement;
  std::string leak_read;
  /// Takes a lock that keeps `changing_statement` from running, both on a table `t (a)`.
  std::string locking_statement;
  std::string changing_statement;

  std::string syntax_error_code;
  std::string unique_violation_code;
  /// Wakes who waits for the topic; run on another session. Null where nobody can be woken.
  std::function<Query(const std::string& topic)> announcement;
  /// Ends all other sessions of a database, where an engine has sessions to end.
  std::optional<Query> end_other_sessions;
};

inline void PrintTo(const ConformanceSubject& subject, std::ostream* out) { *out << subject.name; }

/// The drivers of this build.
const std::vector<ConformanceSubject>& subjects();

}  // namespace tidegate::conformance
