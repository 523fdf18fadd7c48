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

}  // namespace

bool Applier::apply_alone(std::size_t index) {
  const TimePoint started = parts_.clock.now();
  tell_started(index);
  const std::size_t count = step(index).script().statements.size();
  for (std::size_t statement = step(index).statements_done; statement < count; ++statement) {
    try {
      run_statement(index, statement);
    } catch (Error& error) {
      // A lost session leaves the statement's entry as it is: started, outcome unknown.
      if (!error.session_usable() || error.code == ErrorCode::fenced || has_run_alone_) throw;
      parts_.session.limit_to(parts_.clock.now() + kLastWords, {});
      keep(index, journal(index, statement, JournalEntry::State::failed));
      parts_.session.limit_to(kNever, parts_.stop);
      return fail(index, std::move(error));
    }
  }
  record_alone(index, started);
  return true;
}

void Applier::run_statement(std::size_t index, std::size_t statement) {
  note(index, statement);
  before_ = journaled_before(index, statement);
  if (!begun_) keep(index, {});
  const Script& script = step(index).script();
  const std::string_view sql = script.text_of(script.statements[statement]);
  const bool with_journal =
      parts_.catalog != nullptr && parts_.catalog->manner_of(sql) == Manner::with_journal;
  if (with_journal && run_with_journal(index, statement)) return;
  run_alone(index, statement);
}

// False when the server refused it for the transaction around it; nothing of it has happened then.
bool Applier::run_with_journal(std::size_t index, std::size_t statement) {
  Transaction transaction;
  transaction.label = label(index);
  transaction.guards = held_.guards();
  transaction.guards.push_back(second_look(index));
  transaction.script = &step(index).script();
  transaction.statement = statement;
  transaction.epilogue = journal(index, statement, JournalEntry::State::done);
  Notices notices(parts_);
  const TransactionsResult result = parts_.session.run({&transaction, 1}, notices);
  if (!result.error) return true;
  if (parts_.catalog->wants_to_be_alone(*result.error)) return false;
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
    if (before_.empty()) before_ = seen_now(index, statement, *look);
  }
  if (!brought_to_its_end) {
    keep(index, journal(index, statement, JournalEntry::State::started));
    Notices notices(parts_);
    parts_.session.run_alone(script, script.statements[statement], held_.guards(), notices);
  }
  // It has happened. A stop that came meanwhile must not keep that from being noted, and an error
  // here isn't the statement's own.
  has_run_alone_ = true;
  parts_.session.limit_to(parts_.clock.now() + kNoting, {});
  keep(index, journal(index, statement, JournalEntry::State::done));
  parts_.session.limit_to(kNever, parts_.stop);
  has_run_alone_ = false;
}

Settlement Applier::look_again(std::size_t index, std::size_t statement,
                               const StatementLook& look) {
  const Script& script = step(index).script();
  return look.settle(
      before_, parts_.session.read_as(script, script.statements[statement], look.reads(before_)));
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

// Bookkeeping of a step outside a transaction, under the lock, in a transaction of its own.
void Applier::keep(std::size_t index, std::vector<Query> queries) {
  Transaction transaction;
  transaction.label = label(index);
  transaction.guards = held_.guards();
  if (!begun_) transaction.epilogue = writer_.begin_run(run_);
  for (Query& query : queries) transaction.epilogue.push_back(std::move(query));
  run_or_throw(parts_.session, transaction);
  begun_ = true;
}

void Applier::record_alone(std::size_t index, TimePoint started) {
  Transaction transaction;
  transaction.label = label(index);
  transaction.guards = held_.guards();
  transaction.guards.push_back(second_look(index));
  if (!begun_) transaction.epilogue = writer_.begin_run(run_);
  for (Query& query : recording(index)) transaction.epilogue.push_back(std::move(query));
  run_or_throw(parts_.session, transaction);
  begun_ = true;
  tell_done(index, std::chrono::duration_cast<microseconds>(parts_.clock.now() - started));
}

}  // namespace tidegate
