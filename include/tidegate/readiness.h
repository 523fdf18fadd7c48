#pragma once

#include <chrono>
#include <memory>

#include "tidegate/database.h"
#include "tidegate/gate.h"
#include "tidegate/http.h"

namespace tidegate {

/// How often a service looks whether its database is as it needs it.
struct ReadinessOptions {
  Needs needs = {};
  /// While it isn't: the longest pause between two looks. Where the server can tell, a migrator's
  /// end is heard at once.
  std::chrono::milliseconds interval{1'000};
  /// While it is: a rollback, or a floor above this build, is seen after so long.
  std::chrono::milliseconds recheck{30'000};
};

/// Knows at any time whether the database is as this build needs it, and costs a request nothing: a
/// thread of its own looks, and a question is answered from memory.
///
/// Who was ready stays so while the database can't be reached: taking every replica out of service
/// would help nobody.
///
/// Writes and locks nothing; one connection while it waits, none while it is ready.
/// Threads: any.
class Readiness {
 public:
  /// Begins to look.
  ///
  /// Throws: Error{usage} for settings that are wrong.
  Readiness(const DatabaseSettings& database, const MigrationSet& build,
            const ReadinessOptions& options = {});
  /// Ends a look that is on its way.
  ~Readiness();

  /// One load of an atomic.
  bool ready() const noexcept;

  /// What the last look found.
  GateState state() const;

  /// What a probe is to be told: 200, or 503 with the reason, as JSON.
  HttpResponse response() const;

  /// Looks now, in the caller's thread: after a migration of one's own.
  void refresh();

 private:
  class Watch;
  std::unique_ptr<Watch> watch_;
};

}  // namespace tidegate
