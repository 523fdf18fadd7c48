#include <fmt/format.h>

#include <algorithm>

#include "base/bookkeeping.h"
#include "base/hash.h"
#include "run/applier.h"
#include "run/last_words.h"
#include "run/notices.h"

namespace tidegate {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// How long another session's work on the same table is waited for, and how often it is looked for.
constexpr milliseconds kPatience{30'000};
constexpr milliseconds kPause{250};

/// The script with one more statement, which the server is to understand as it understands the
/// others: under the same role and search path.
Script with_repair(const Script& script, const Statement& repaired, const std::string& sql) {
  Script longer = script;
  Statement repair = repaired;
  repair.offset = longer.text.size() + 1;
  repair.size_bytes = sql.size();
  repair.copy_data_offset.reset();
  longer.text += '\n' + sql;
  std::erase_if(longer.statements,
                [&](const Statement& each) { return each.offset >= repaired.offset; });
  longer.statements.push_back(repair);
  return longer;
}

/// The script as it is, but for how long its statements wait for another session's lock.
Script with_lock_timeout(const Script& script, std::optional<milliseconds> limit) {
  Script same = script;
  same.directives.lock_timeout = limit;
  return same;
}

}  // namespace

/// Hears that what was noted before a statement is committed, while the statement runs.
class Applier::Noted : public Notices {
 public:
  explicit Noted(Applier& applier) : Notices(applier.parts_), applier_(applier) {}

  void committed(std::size_t, microseconds) override { applier_.noted(); }

 private:
  Applier& applier_;
};

bool Applier::apply_alone(std::size_t index) {
  const TimePoint started = parts_.clock.now();
  tell_in_order([this, index] { tell_started(index); });
  const std::size_t count = step(index).script().statements.size();
  for (std::size_t statement = step(index).statements_done; statement < count; ++statement) {
    try {
      run_patiently(index, statement);
    } catch (Error& error) {
      // A lost session leaves the statement's entry as it is: started, outcome unknown.
      if (!error.session_usable() || error.code == ErrorCode::fenced || has_run_alone_) throw;
      parts_.session.limit_to(parts_.clock.now() + kLastWords, {});
      keep(index, {entry_of(index, statement, JournalEntry::State::failed)}, {});
      parts_.session.limit_to(kNever, parts_.stop);
      report_.failed_in_part = true;
      return fail(index, std::move(error));
    }
  }
  record_alone(index, started);
  return true;
}

// What gave up waiting for another session's lock has left nothing, and is tried again as whole
// migrations are. Our own patience with a session at work isn't: it was long already.
void Applier::run_patiently(std::size_t index, std::size_t statement) {
  for (std::uint32_t attempt = 1;; ++attempt) {
    try {
      return run_statement(index, statement);
    } catch (const Error& error) {
      // Whatever it is, the step before is done.
      if (error.session_usable() && error.code != ErrorCode::fenced) record_now();
      // One without a place isn't the statement's own, which may have run.
      if (error.place.file.empty() || error.server_code.empty() || may_have_done_part_) throw;
      if (!pause_before_retry(error, index, attempt)) throw;
    }
  }
}

void Applier::run_statement(std::size_t index, std::size_t statement) {
  note(index, statement);
  may_have_done_part_ = false;
  before_ = journaled_before(index, statement);
  if (!begun_) keep(index, {}, {});
  const Script& script = step(index).script();
  const std::string_view sql = script.text_of(script.statements[statement]);
  const bool with_journal =
      parts_.catalog != nullptr && parts_.catalog->manner_of(sql) == Manner::with_journal;
  if (with_journal && run_with_journal(index, statement)) return;
  run_alone(index, statement);
}

// A file that asked for no transaction waits as long as the server lets it. One that has none only
// since this server's commit by themselves is treated like any other.
std::optional<milliseconds> Applier::lock_timeout_alone(std::size_t index) const {
  const Directives& directives = step(index).script().directives;
  if (directives.transactional == Transactional::no) return directives.lock_timeout;
  return directives.lock_timeout.value_or(options_.lock_timeout);
}

// False when the server refused it for the transaction around it; nothing of it has happened then.
bool Applier::run_with_journal(std::size_t index, std::size_t statement) {
  record_now();
  // Rows may take long, and what is noted with them isn't seen before they are committed.
  if (unnoted_) keep(index, {}, writer_.update_run(run_));
  Transaction transaction;
  transaction.label = label(index);
  transaction.guards = held_.guards();
  transaction.guards.push_back(second_look(index));
  transaction.script = &step(index).script();
  transaction.statement = statement;
  const JournalEntry done = entry_of(index, statement, JournalEntry::State::done);
  transaction.epilogue = writer_.journal({&done, 1});
  std::ranges::move(tell_next(index, statement), std::back_inserter(transaction.epilogue));
  transaction.lock_timeout = lock_timeout_alone(index);
  Notices notices(parts_);
  TransactionsResult result = parts_.session.run({&transaction, 1}, notices);
  if (!result.error) return true;
  if (parts_.catalog->wants_to_be_alone(*result.error)) return false;
  // Nothing of it has happened, whichever part of it was refused.
  const Script& script = step(index).script();
  if (result.error->place.file.empty()) {
    result.error->place = script.place_of(script.statements[statement]);
  }
  throw *result.error;
}

void Applier::run_alone(std::size_t index, std::size_t statement) {
  const Script& script = step(index).script();
  const std::string_view sql = script.text_of(script.statements[statement]);
  const auto look = parts_.catalog == nullptr ? nullptr : parts_.catalog->look_at(sql);
  bool brought_to_its_end = false;
  if (look) {
    const Settlement settlement = wait_while_busy(index, statement, *look);
    for (const std::string& each : settlement.repairs) repair(index, statement, each);
    brought_to_its_end =
        settlement.outcome == Settlement::Outcome::took_effect && !settlement.repairs.empty();
    if (before_.empty()) {
      before_ =
          settlement.repairs.empty() ? look->seen(looked_) : seen_now(index, statement, *look);
    }
  }
  if (!brought_to_its_end) {
    may_have_done_part_ = parts_.catalog == nullptr || parts_.catalog->may_stop_in_between(sql);
    std::vector<Transaction> notes;
    if (unrecorded_) {
      notes.push_back(record_of(unrecorded_->index));
      notes.back().commit = Transaction::Commit::with_next;
    }
    notes.push_back(note_of(index, {entry_of(index, statement, JournalEntry::State::started)},
                            writer_.update_run(run_)));
    Noted listener(*this);
    const Script limited = with_lock_timeout(script, lock_timeout_alone(index));
    parts_.session.note_and_run_alone(notes, limited, limited.statements[statement], listener);
  }
  note_done(index, statement);
}

Settlement Applier::look_again(std::size_t index, std::size_t statement,
                               const StatementLook& look) {
  const Script& script = step(index).script();
  looked_ = parts_.session.read_as(script, script.statements[statement], look.reads(before_));
  return look.settle(before_, looked_);
}

Settlement Applier::wait_while_busy(std::size_t index, std::size_t statement,
                                    const StatementLook& look) {
  const TimePoint give_up_at = parts_.clock.now() + kPatience;
  while (true) {
    Settlement settlement = look_again(index, statement, look);
    if (settlement.outcome != Settlement::Outcome::busy) return settlement;
    if (parts_.clock.now() >= give_up_at) {
      const Script& script = step(index).script();
      Error error(ErrorCode::lock_timeout, settlement.found,
                  "run again when that session is done; what is INVALID is then dropped and made "
                  "again");
      error.place = script.place_of(script.statements[statement]);
      throw error;
    }
    record_now();
    parts_.clock.sleep_until(parts_.clock.now() + kPause, parts_.stop);
    if (parts_.stop.stop_requested()) throw Error(ErrorCode::interrupted, "stopped on request");
  }
}

void Applier::repair(std::size_t index, std::size_t statement, const std::string& sql) {
  record_now();
  const Script& script = step(index).script();
  const Statement& repaired = script.statements[statement];
  parts_.reporter.report(
      {parts_.target, StatementStarted{index, statement, script.statements.size(),
                                       script.place_of(repaired), sql}});
  const Script longer = with_repair(script, repaired, sql);
  Notices notices(parts_);
  parts_.session.run_alone(longer, longer.statements.back(), held_.guards(), notices);
}

std::string Applier::seen_now(std::size_t index, std::size_t statement, const StatementLook& look) {
  const Script& script = step(index).script();
  return look.seen(
      parts_.session.read_as(script, script.statements[statement], look.reads(before_)));
}

}  // namespace tidegate
