#pragma once

#include <chrono>
#include <stop_token>

#include "tidegate/database.h"
#include "tidegate/folder.h"
#include "tidegate/reporter.h"

namespace tidegate {

/// How a service starts.
struct StartOptions {
  /// After so long the work is stopped, a statement that runs included.
  std::chrono::milliseconds timeout{300'000};
  /// For `migrate_at_start`.
  MigrateOptions migrate = {};
  /// For `wait_at_start`; its own timeout isn't used.
  WaitOptions wait = {};
  /// Hears what happens; null: nobody.
  Reporter* reporter = nullptr;
  /// Ends the work early: a signal's, say.
  std::stop_token stop = {};
};

/// Brings the database to what this build needs, before the service listens. Every replica may call
/// it at once: one applies, the others wait.
///
/// Writes: as `Database::migrate`. Blocks: up to `options.timeout`.
/// Throws: Error, whatever keeps the database from being ready: usage for files that are wrong,
/// blocked, timed_out, interrupted, or the failed migration's own.
MigrateReport migrate_at_start(const DatabaseSettings& database, LoadedFolder build,
                               const StartOptions& options = {});

/// Waits until the database is as this build needs it: somebody else migrates.
///
/// Writes and locks nothing. Blocks: up to `options.timeout`.
/// Throws: Error: timed_out, interrupted, blocked, or statement_failed when a migration failed.
GateState wait_at_start(const DatabaseSettings& database, const LoadedFolder& build,
                        const StartOptions& options = {});

}  // namespace tidegate
