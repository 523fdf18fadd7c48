#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/back_off.h"
#include "run/migrator_parts.h"
#include "tidegate/database.h"
#include "tidegate/plan.h"

namespace tidegate {

/// Looks, takes the lock, looks again, applies and records.
///
/// A look that shows nothing to do takes no lock. Whoever waits for the lock looks again whenever
/// it is woken, and may find that the work is done.
/// Threads: one at a time.
class Migrator {
 public:
  explicit Migrator(MigratorParts parts);

  /// Applies or reverts what `options.policy` asks for and adds to `report`, which may hold what an
  /// earlier session of this run had done.
  ///
  /// Returns nothing when the report is final. Returns a pause when another replica migrates and
  /// the server is short of connections: give this one back, and come again after the pause.
  ///
  /// Writes: lock, history, run and journal tables, and whatever the migrations do.
  /// Blocks: while another replica migrates, up to `options.wait_limit`.
  /// Throws: Error when the session is lost (look, then go on with a new one), fenced, interrupted.
  std::optional<std::chrono::milliseconds> migrate(const MigrationSet& set,
                                                   const MigrateOptions& options,
                                                   MigrateReport& report);

  /// Takes the lock and runs `change` on what a look under it shows, in one transaction with the
  /// making of the tables.
  ///
  /// Throws: Error{blocked} when the lock isn't free within `wait_limit`.
  void change_history(
      std::optional<std::chrono::milliseconds> wait_limit,
      const std::function<std::vector<Query>(const History&, const HistoryWriter&)>& change);

 private:
  enum class Depth { history, history_and_lock };

  Look look(Depth depth);
  Look look_past_busy();
  void pause(TimePoint until);
  enum class Seen { without_lock, under_lock };

  bool settled(const MigrationSet& set, const Look& look, Seen seen, const MigrateOptions& options,
               MigrateReport& report);
  enum class Arrival { first, again };
  std::unique_ptr<HeldLock> wait_for_lock(const MigrationSet& set, const MigrateOptions& options,
                                          MigrateReport& report, Arrival arrival);
  bool stays_after(const Look& look, const MigrateOptions& options, MigrateReport& report);
  void settle(const MigrationSet& set, const HeldLock& held, History& history);
  void tell_busy(const Look& look);
  std::chrono::milliseconds waited() const;

  void prepare();
  const LockView& lock_view();

  MigratorParts parts_;
  std::unique_ptr<Lock> lock_;
  std::unique_ptr<LockView> lock_view_;
  Waiting own_waiting_;
  Waiting& waiting_;
  BackOff pauses_;
  std::optional<std::chrono::milliseconds> leaves_for_;
  Plan plan_;
  bool subscribed_ = false;
};

}  // namespace tidegate
