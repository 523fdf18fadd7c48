#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "run/migrator_parts.h"
#include "tidegate/database.h"
#include "tidegate/plan.h"

namespace tidegate {

/// Applies a plan while the lock is held, and keeps the run table true.
///
/// Transactional migrations go to the driver as many as can be at a time, so that it can send
/// ahead; the run's begin and end travel with them. Others go statement by statement, each in a
/// transaction with its entry in the journal where the server can, else alone:
/// docs/decisions/0008-settle-from-the-catalog.md.
class Applier {
 public:
  Applier(MigratorParts& parts, HeldLock& held, const HistoryWriter& writer,
          const MigrateOptions& options, MigrateReport& report);

  /// Applies every step, or stops at the first that fails: the report says which.
  ///
  /// Throws: Error when the session is lost, fenced or interrupted.
  void apply(const Plan& plan, const History& history);

 private:
  class Progress;
  class Noted;
  struct Batch;

  /// A step that has run alone, and whose record isn't committed yet.
  struct Unrecorded {
    std::size_t index;
    TimePoint started;
    bool noted;  ///< that its last statement is done
  };

  void make_tables(const History& history);
  std::size_t end_of_batch(std::size_t first) const;
  bool runs_in_transaction(const Step& step) const;
  bool apply_batch(std::size_t first, std::size_t last);
  Batch make_batch(std::size_t first, std::size_t last);
  Transaction transaction_for(std::size_t index);
  bool pause_before_retry(const Error& error, std::size_t index, std::uint32_t attempt);

  // Outside transactions: applier_alone.cc.
  bool apply_alone(std::size_t index);
  void run_patiently(std::size_t index, std::size_t statement);
  void run_statement(std::size_t index, std::size_t statement);
  std::optional<std::chrono::milliseconds> lock_timeout_alone(std::size_t index) const;
  bool run_with_journal(std::size_t index, std::size_t statement);
  void run_alone(std::size_t index, std::size_t statement);
  Settlement look_again(std::size_t index, std::size_t statement, const StatementLook& look);
  Settlement wait_while_busy(std::size_t index, std::size_t statement, const StatementLook& look);
  void repair(std::size_t index, std::size_t statement, const std::string& sql);
  std::string seen_now(std::size_t index, std::size_t statement, const StatementLook& look);

  // What is written down of those: applier_notes.cc.
  std::string journaled_before(std::size_t index, std::size_t statement) const;
  void keep(std::size_t index, std::vector<JournalEntry> entries, std::vector<Query> queries);
  Transaction note_of(std::size_t index, std::vector<JournalEntry> entries,
                      std::vector<Query> queries) const;
  void note_done(std::size_t index, std::size_t statement);
  std::vector<Query> tell_next(std::size_t index, std::size_t statement) const;
  JournalEntry entry_of(std::size_t index, std::size_t statement, JournalEntry::State state) const;
  void record_alone(std::size_t index, TimePoint started);
  bool can_be_recorded_later() const;
  void record_now();
  Transaction record_of(std::size_t index) const;
  void noted();

  bool fail(std::size_t index, Error error);
  void end_run(RunState state, const Error* error);
  void note(std::size_t index, std::size_t statement);
  void tell_statement(std::size_t index, std::size_t statement);
  void tell_started(std::size_t index);
  void tell_in_order(std::function<void()> what);
  void tell_done(std::size_t index, std::chrono::microseconds duration);

  const Step& step(std::size_t index) const { return plan_->steps[index]; }
  std::size_t step_count() const { return plan_->steps.size(); }
  std::string label(std::size_t index) const;
  std::vector<Query> recording(std::size_t index) const;
  Guard second_look(std::size_t index) const;

  MigratorParts& parts_;
  HeldLock& held_;
  const HistoryWriter& writer_;
  const MigrateOptions& options_;
  MigrateReport& report_;
  const Plan* plan_ = nullptr;
  const History* history_ = nullptr;
  std::string
      before_;  ///< of the statement at work: what the catalog showed before its first start
  std::vector<ReadResult> looked_;             ///< what the catalog showed last
  std::optional<JournalEntry> unnoted_;        ///< a statement is done: goes with the next entry
  std::optional<Unrecorded> unrecorded_;       ///< its record goes with the next note
  std::vector<std::function<void()>> untold_;  ///< of the next step, until that is committed
  Run run_;
  bool begun_ = false;
  bool may_have_done_part_ = false;  ///< the statement at work, when it is refused
  bool has_run_alone_ = false;       ///< a statement, and that isn't noted yet
  bool ended_ = false;
};

}  // namespace tidegate
