#include <algorithm>
#include <utility>

#include "base/bookkeeping.h"
#include "base/hash.h"
#include "run/applier.h"

namespace tidegate {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// What noting that a statement has run may take, stopped or not.
constexpr milliseconds kNoting{30'000};

}  // namespace

// A stop that came meanwhile must not keep it from being noted, and an error here isn't the
// statement's own. A commit less for each statement: it is noted with what comes next. A crash in
// between is settled from the catalog; only in files that asked for none of this.
void Applier::note_done(std::size_t index, std::size_t statement) {
  if (step(index).script().directives.transactional == Transactional::yes && !before_.empty()) {
    // Where the run is now, that says, too.
    unnoted_ = entry_of(index, statement, JournalEntry::State::done);
    return;
  }
  has_run_alone_ = true;
  parts_.session.limit_to(parts_.clock.now() + kNoting, {});
  keep(index, {entry_of(index, statement, JournalEntry::State::done)}, tell_next(index, statement));
  parts_.session.limit_to(kNever, parts_.stop);
  has_run_alone_ = false;
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

JournalEntry Applier::entry_of(std::size_t index, std::size_t statement,
                               JournalEntry::State state) const {
  JournalEntry entry;
  entry.version = step(index).migration->version;
  entry.statement = static_cast<std::uint32_t>(statement + 1);
  entry.state = state;
  const Script& script = step(index).script();
  entry.checksum = sha256_hex(script.text_of(script.statements[statement]));
  entry.direction = step(index).direction;
  entry.before = before_;
  return entry;
}

// Where the run is once a statement is done: at the next.
std::vector<Query> Applier::tell_next(std::size_t index, std::size_t statement) const {
  Run next = run_;
  const std::size_t count = step(index).script().statements.size();
  next.statement = static_cast<std::uint32_t>(std::min(statement + 2, count));
  return writer_.update_run(next);
}

// Bookkeeping of a step outside a transaction, under the lock, in a transaction of its own.
void Applier::keep(std::size_t index, std::vector<JournalEntry> entries,
                   std::vector<Query> queries) {
  run_or_throw(parts_.session, note_of(index, std::move(entries), std::move(queries)));
  unnoted_.reset();
  begun_ = true;
}

Transaction Applier::note_of(std::size_t index, std::vector<JournalEntry> entries,
                             std::vector<Query> queries) const {
  Transaction transaction;
  transaction.label = label(index);
  transaction.guards = held_.guards();
  if (!begun_) transaction.epilogue = writer_.begin_run(run_);
  if (unnoted_) entries.insert(entries.begin(), *unnoted_);
  std::ranges::move(writer_.journal(entries), std::back_inserter(transaction.epilogue));
  std::ranges::move(queries, std::back_inserter(transaction.epilogue));
  return transaction;
}

Transaction Applier::record_of(std::size_t index) const {
  Transaction transaction;
  transaction.label = label(index);
  transaction.guards = held_.guards();
  transaction.guards.push_back(second_look(index));
  if (!begun_) transaction.epilogue = writer_.begin_run(run_);
  for (Query& query : recording(index)) transaction.epilogue.push_back(std::move(query));
  return transaction;
}

// A commit less for each step: where the next one begins with a note, the record goes with it. A
// crash in between is settled as one in the middle of a step is.
void Applier::record_alone(std::size_t index, TimePoint started) {
  record_now();
  unrecorded_ = {index, started, !unnoted_};
  unnoted_.reset();  // The record says it of the whole.
  if (!can_be_recorded_later()) record_now();
}

bool Applier::can_be_recorded_later() const {
  const std::size_t next = unrecorded_->index + 1;
  return !unrecorded_->noted && next < step_count() && !options_.single_transaction &&
         !runs_in_transaction(step(next));
}

void Applier::record_now() {
  if (!unrecorded_) return;
  const Transaction record = record_of(unrecorded_->index);
  has_run_alone_ = true;
  // What has run and isn't noted yet is noted, stopped or not.
  if (!unrecorded_->noted) parts_.session.limit_to(parts_.clock.now() + kNoting, {});
  run_or_throw(parts_.session, record);
  parts_.session.limit_to(kNever, parts_.stop);
  has_run_alone_ = false;
  noted();
}

// What was to be noted is committed, and with it the record of the step before.
void Applier::noted() {
  unnoted_.reset();
  begun_ = true;
  if (unrecorded_) {
    const auto took = parts_.clock.now() - unrecorded_->started;
    const std::size_t index = unrecorded_->index;
    unrecorded_.reset();
    tell_done(index, std::chrono::duration_cast<microseconds>(took));
  }
  for (const auto& tell : std::exchange(untold_, {})) tell();
}

}  // namespace tidegate
