#include "run/applier.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/back_off.h"
#include "base/bookkeeping.h"
#include "run/last_words.h"
#include "run/notices.h"

namespace tidegate {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// How often a migration is tried again that another session's lock kept from running. Between two
// tries nothing is held but the migrators' lock, so the service's traffic flows.
constexpr std::uint32_t kLockAttempts = 5;
constexpr milliseconds kShortestRetryPause{500};
constexpr milliseconds kLongestRetryPause{8'000};

// One line for the run table: who reads it isn't who has the file.
std::string one_line(const Error& error) {
  std::string line = error.place.file.empty() ? std::string() : to_string(error.place) + ": ";
  line += error.message;
  if (!error.server_code.empty()) line += fmt::format(" ({})", error.server_code);
  for (char& c : line) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return line;
}

}  // namespace

/// The transactions of steps `first` to `last`, with those that begin and end the run around them.
struct Applier::Batch {
  std::size_t first_step = 0;
  std::size_t prelude_count = 0;  ///< transactions before the first step's
  std::size_t step_count = 0;
  std::vector<Transaction> transactions;

  /// The step of a transaction, or nothing for one that begins or ends the run.
  std::optional<std::size_t> step_of(std::size_t transaction) const {
    if (transaction < prelude_count || transaction >= prelude_count + step_count) return {};
    return first_step + transaction - prelude_count;
  }
};

/// Turns what a driver tells into events of steps.
class Applier::Progress : public Notices {
 public:
  Progress(Applier& applier, const Batch& batch)
      : Notices(applier.parts_), applier_(applier), batch_(batch) {}

  void transaction_started(std::size_t transaction) override {
    last_started_ = batch_.step_of(transaction);
    if (last_started_) applier_.tell_started(*last_started_);
  }

  void statement_started(std::size_t transaction, std::size_t statement) override {
    if (const auto index = batch_.step_of(transaction)) applier_.note(*index, statement);
  }

  void committed(std::size_t transaction, microseconds duration) override {
    if (const auto index = batch_.step_of(transaction)) applier_.tell_done(*index, duration);
  }

  /// The step at work; nothing when it was the run's begin or end.
  std::optional<std::size_t> last_started() const { return last_started_; }

 private:
  Applier& applier_;
  const Batch& batch_;
  std::optional<std::size_t> last_started_;
};

Applier::Applier(MigratorParts& parts, HeldLock& held, const HistoryWriter& writer,
                 const MigrateOptions& options, MigrateReport& report)
    : parts_(parts), held_(held), writer_(writer), options_(options), report_(report) {}

void Applier::apply(const Plan& plan, const History& history) {
  plan_ = &plan;
  history_ = &history;
  const TimePoint started = parts_.clock.now();
  run_.id = history.last_run ? history.last_run->id + 1 : 1;
  run_.holder = parts_.holder;
  run_.direction = step(0).direction;
  make_tables(history);
  parts_.reporter.report({parts_.target, RunStarted{step_count(), run_.direction}});

  for (std::size_t index = 0; index < step_count();) {
    const std::size_t last = end_of_batch(index);
    if (last > index ? !apply_batch(index, last) : !apply_alone(index)) return;
    index = last > index ? last : index + 1;
  }
  if (!ended_) end_run(RunState::done, nullptr);
  report_.outcome = Outcome::done;
  const auto duration = std::chrono::duration_cast<milliseconds>(parts_.clock.now() - started);
  parts_.reporter.report({parts_.target, RunDone{step_count(), duration, run_.direction}});
}

void Applier::make_tables(const History& history) {
  if (history.writable_as_it_is) return;
  Transaction transaction;
  transaction.label = "history";
  transaction.guards = held_.guards();
  transaction.epilogue = writer_.create();
  run_or_throw(parts_.session, transaction);
  if (history.schema.empty() && !parts_.schema.empty()) {
    parts_.reporter.report({parts_.target, SchemaCreated{parts_.schema}});
  }
}

std::size_t Applier::end_of_batch(std::size_t first) const {
  std::size_t last = first;
  while (last < step_count() && runs_in_transaction(step(last))) ++last;
  return last;
}

// Of one that was begun statement by statement, some of it is done.
bool Applier::runs_in_transaction(const Step& step) const {
  const Script& script = step.script();
  if (script.directives.transactional == Transactional::no || step.statements_done > 0)
    return false;
  return parts_.catalog == nullptr ||
         std::none_of(script.statements.begin(), script.statements.end(), [&](const auto& each) {
           return parts_.catalog->ends_transaction(script.text_of(each));
         });
}

std::string Applier::label(std::size_t index) const {
  return fmt::format("{}/{} {}", index + 1, step_count(), step(index).migration->version.text());
}

std::vector<Query> Applier::recording(std::size_t index) const {
  const Migration& migration = *step(index).migration;
  const std::size_t remaining_count = step_count() - index - 1;
  return step(index).direction == Direction::up
             ? writer_.record(migration, run_.id, remaining_count)
             : writer_.remove(migration.version, remaining_count);
}

Guard Applier::second_look(std::size_t index) const {
  const Version& version = step(index).migration->version;
  return step(index).direction == Direction::up ? writer_.not_recorded(version)
                                                : writer_.recorded(version);
}

Transaction Applier::transaction_for(std::size_t index) {
  Transaction transaction;
  transaction.label = label(index);
  transaction.guards = held_.guards();
  transaction.guards.push_back(second_look(index));
  transaction.script = &step(index).script();
  transaction.epilogue = recording(index);
  transaction.lock_timeout =
      step(index).script().directives.lock_timeout.value_or(options_.lock_timeout);
  if (options_.single_transaction && index + 1 < step_count()) {
    transaction.commit = Transaction::Commit::with_next;
  }
  return transaction;
}

Applier::Batch Applier::make_batch(std::size_t first, std::size_t last) {
  Batch batch;
  batch.first_step = first;
  batch.step_count = last - first;
  batch.transactions.reserve(batch.step_count + 2);
  const auto add_bookkeeping = [&](std::vector<Query> queries) {
    Transaction transaction;
    transaction.label = label(first);
    transaction.guards = held_.guards();
    transaction.epilogue = std::move(queries);
    batch.transactions.push_back(std::move(transaction));
  };
  if (!begun_) {
    batch.prelude_count = 1;
    add_bookkeeping(writer_.begin_run(run_));
  }
  for (std::size_t index = first; index < last; ++index) {
    batch.transactions.push_back(transaction_for(index));
  }
  if (last == step_count()) {
    Run ended = run_;
    ended.state = RunState::done;
    ended.migration = step(last - 1).migration->version.text();
    add_bookkeeping(writer_.end_run(ended));
  }
  return batch;
}

bool Applier::apply_batch(std::size_t first, std::size_t last) {
  for (std::uint32_t attempt = 1;; ++attempt) {
    const Batch batch = make_batch(first, last);
    Progress progress(*this, batch);
    TransactionsResult result = parts_.session.run(batch.transactions, progress);
    begun_ = begun_ || result.committed_count > 0;
    if (!result.error) {
      ended_ = last == step_count();
      return true;
    }
    const auto failed = batch.step_of(result.committed_count);
    if (!failed) throw *result.error;
    if (*failed != first) attempt = 1;
    first = *failed;
    if (!pause_before_retry(*result.error, first, attempt)) {
      // In a single transaction a later step may have failed than the first that isn't committed.
      return fail(progress.last_started().value_or(first), std::move(*result.error));
    }
  }
}

bool Applier::pause_before_retry(const Error& error, std::size_t index, std::uint32_t attempt) {
  if (error.code != ErrorCode::lock_timeout || attempt >= kLockAttempts) return false;
  BackOff pauses(kShortestRetryPause, kLongestRetryPause, parts_.clock.seed());
  milliseconds pause = pauses.next();
  for (std::uint32_t past = 1; past < attempt; ++past) pause = pauses.next();
  const Migration& migration = *step(index).migration;
  parts_.reporter.report(
      {parts_.target, StepRetried{migration.version, migration.name, error, attempt, pause}});
  parts_.clock.sleep_until(parts_.clock.now() + pause, parts_.stop);
  return !parts_.stop.stop_requested();
}

// Always false: the run is over.
bool Applier::fail(std::size_t index, Error error) {
  if (!error.session_usable() || error.code == ErrorCode::fenced) throw error;
  const Migration& migration = *step(index).migration;
  const bool stopped = error.code == ErrorCode::interrupted || parts_.stop.stop_requested();
  if (stopped) error.code = ErrorCode::interrupted;
  run_.migration = migration.version.text();
  run_.checksum = step(index).script().checksum;
  end_run(stopped ? RunState::interrupted : RunState::failed, &error);
  if (stopped) throw error;
  parts_.reporter.report(
      {parts_.target, StepFailed{migration.version, migration.name, run_.direction, error}});
  report_.outcome = Outcome::failed;
  report_.error = std::move(error);
  return false;
}

void Applier::end_run(RunState state, const Error* error) {
  run_.state = state;
  if (error != nullptr) {
    run_.error = one_line(*error);
    run_.server_code = error->server_code;
  }
  Transaction transaction;
  transaction.label = "end";
  transaction.guards = held_.guards();
  if (!begun_) transaction.epilogue = writer_.begin_run(run_);
  for (Query& query : writer_.end_run(run_)) transaction.epilogue.push_back(std::move(query));
  parts_.session.limit_to(parts_.clock.now() + kLastWords, {});
  SilentListener nobody;
  const TransactionsResult result = parts_.session.run({&transaction, 1}, nobody);
  parts_.session.limit_to(kNever, parts_.stop);
  // The migration's own error says more than this one would.
  if (result.error && error == nullptr) throw *result.error;
}

void Applier::note(std::size_t index, std::size_t statement) {
  const Script& script = step(index).script();
  run_.migration = step(index).migration->version.text();
  run_.checksum = script.checksum;
  run_.statement = static_cast<std::uint32_t>(statement + 1);
  run_.statement_count = static_cast<std::uint32_t>(script.statement_count());
  tell_in_order([this, index, statement] { tell_statement(index, statement); });
}

void Applier::tell_statement(std::size_t index, std::size_t statement) {
  const Script& script = step(index).script();
  held_.tell(
      fmt::format("{}, statement {}/{}", label(index), run_.statement, run_.statement_count));
  if (statement >= script.statements.size()) return;
  const Statement& one = script.statements[statement];
  parts_.reporter.report(
      {parts_.target, StatementStarted{index, statement, script.statements.size(),
                                       script.place_of(one), script.text_of(one)}});
}

// That a step is done is told before anything of the next.
void Applier::tell_in_order(std::function<void()> what) {
  if (!unrecorded_) return what();
  untold_.push_back(std::move(what));
}

void Applier::tell_started(std::size_t index) {
  held_.tell(label(index));
  const Migration& migration = *step(index).migration;
  parts_.reporter.report(
      {parts_.target, StepStarted{index, step_count(), migration.version, migration.name,
                                  step(index).direction, step(index).script().statement_count()}});
}

void Applier::tell_done(std::size_t index, microseconds duration) {
  const Migration& migration = *step(index).migration;
  const Direction direction = step(index).direction;
  report_.applied.push_back({migration.version, migration.name, direction, duration});
  parts_.reporter.report({parts_.target, StepDone{index, step_count(), migration.version,
                                                  migration.name, direction, duration}});
}

}  // namespace tidegate
