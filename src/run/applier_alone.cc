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

// What noting that a statement has run may take, stopped or not.
constexpr milliseconds kNoting{30'000};

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

bool Applier::apply_alone(std::size_t index) {
  const TimePoint started = parts_.clock.now();
  tell_started(index);
  const std::size_t count = step(index).script().statements.size();
  for (std::size_t statement = step(index).statements_done; statement < count; ++statement) {
    try {
      run_patiently(index, statement);
    } catch (Error& error) {
      // A lost session leaves the statement's entry as it is: started, outcome unknown.
      if (!error.session_usable() || error.code == ErrorCode::fenced || has_run_alone_) throw;
      parts_.session.limit_to(parts_.clock.now() + kLastWords, {});
      keep(index, journal(index, statement, JournalEntry::State::failed));
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
  if (!begun_) keep(index, {});
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
  // Rows may take long, and what is noted with them isn't seen before they are committed.
  if (!unnoted_.empty()) keep(index, writer_.update_run(run_));
  Transaction transaction;
  transaction.label = label(index);
  transaction.guards = held_.guards();
  transaction.guards.push_back(second_look(index));
  transaction.script = &step(index).script();
  transaction.statement = statement;
  transaction.epilogue = done(index, statement);
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
    std::vector<Query> started = journal(index, statement, JournalEntry::State::started);
    for (Query& query : writer_.update_run(run_)) started.push_back(std::move(query));
    may_have_done_part_ = parts_.catalog == nullptr || parts_.catalog->may_stop_in_between(sql);
    Notices notices(parts_);
    const Script limited = with_lock_timeout(script, lock_timeout_alone(index));
    parts_.session.note_and_run_alone(note_of(index, std::move(started)), limited,
                                      limited.statements[statement], notices);
    unnoted_.clear();
  }
  note_done(index, statement);
}

// A stop that came meanwhile must not keep it from being noted, and an error here isn't the
// statement's own. A commit less for each statement: it is noted with what comes next. A crash in
// between is settled from the catalog; only in files that asked for none of this.
void Applier::note_done(std::size_t index, std::size_t statement) {
  if (step(index).script().directives.transactional == Transactional::yes && !before_.empty()) {
    // Where the run is now, that says, too.
    unnoted_ = journal(index, statement, JournalEntry::State::done);
    return;
  }
  has_run_alone_ = true;
  parts_.session.limit_to(parts_.clock.now() + kNoting, {});
  keep(index, done(index, statement));
  parts_.session.limit_to(kNever, parts_.stop);
  has_run_alone_ = false;
}

std::vector<Query> Applier::done(std::size_t index, std::size_t statement) {
  std::vector<Query> queries = journal(index, statement, JournalEntry::State::done);
  for (Query& query : tell_next(index, statement)) queries.push_back(std::move(query));
  return queries;
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
    parts_.clock.sleep_until(parts_.clock.now() + kPause, parts_.stop);
    if (parts_.stop.stop_requested()) throw Error(ErrorCode::interrupted, "stopped on request");
  }
}

void Applier::repair(std::size_t index, std::size_t statement, const std::string& sql) {
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

// What the journal keeps from an earlier try of that very statement.
std::string Applier::journaled_before(std::size_t index, std::size_t statement) const {
  const Script& script = step(index).script();
  const std::string checksum = sha256_hex(script.text_of(script.statements[statement]));
  for (const JournalEntry& entry : history_->journal) {
    if (entry.version == step(index).migration->version && entry.statement == statement + 1 &&
        entry.direction == step(index).direction && entry.checksum == checksum) {
      return entry.before;
    }
  }
  return {};
}

std::vector<Query> Applier::journal(std::size_t index, std::size_t statement,
                                    JournalEntry::State state) {
  JournalEntry entry;
  entry.version = step(index).migration->version;
  entry.statement = static_cast<std::uint32_t>(statement + 1);
  entry.state = state;
  const Script& script = step(index).script();
  entry.checksum = sha256_hex(script.text_of(script.statements[statement]));
  entry.direction = step(index).direction;
  entry.before = before_;
  return writer_.journal(entry);
}

// Where the run is once a statement is done: at the next.
std::vector<Query> Applier::tell_next(std::size_t index, std::size_t statement) const {
  Run next = run_;
  const std::size_t count = step(index).script().statements.size();
  next.statement = static_cast<std::uint32_t>(std::min(statement + 2, count));
  return writer_.update_run(next);
}

// Bookkeeping of a step outside a transaction, under the lock, in a transaction of its own.
void Applier::keep(std::size_t index, std::vector<Query> queries) {
  run_or_throw(parts_.session, note_of(index, std::move(queries)));
  unnoted_.clear();
  begun_ = true;
}

Transaction Applier::note_of(std::size_t index, std::vector<Query> queries) const {
  Transaction transaction;
  transaction.label = label(index);
  transaction.guards = held_.guards();
  if (!begun_) transaction.epilogue = writer_.begin_run(run_);
  for (const Query& query : unnoted_) transaction.epilogue.push_back(query);
  for (Query& query : queries) transaction.epilogue.push_back(std::move(query));
  return transaction;
}

void Applier::record_alone(std::size_t index, TimePoint started) {
  Transaction transaction;
  transaction.label = label(index);
  transaction.guards = held_.guards();
  transaction.guards.push_back(second_look(index));
  if (!begun_) transaction.epilogue = writer_.begin_run(run_);
  for (Query& query : recording(index)) transaction.epilogue.push_back(std::move(query));
  // What has run and isn't noted yet is noted, stopped or not.
  if (!unnoted_.empty()) parts_.session.limit_to(parts_.clock.now() + kNoting, {});
  run_or_throw(parts_.session, transaction);
  parts_.session.limit_to(kNever, parts_.stop);
  unnoted_.clear();  // The record says it of the whole.
  begun_ = true;
  tell_done(index, std::chrono::duration_cast<microseconds>(parts_.clock.now() - started));
}

}  // namespace tidegate
