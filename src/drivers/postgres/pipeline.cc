#include "drivers/postgres/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "drivers/fenced.h"
#include "drivers/postgres/code_work.h"
#include "drivers/postgres/fence.h"
#include "drivers/postgres/place.h"

namespace tidegate::postgres {
namespace {

using std::chrono::steady_clock;

/// What one burst may hold. It bounds the memory of both sides, and what may have happened when the
/// connection is lost.
constexpr std::size_t kBurstBytes = 60'000;

/// What one piece of it may hold, below the 8 KiB at which libpq sends by itself. It then reaches
/// the kernel in one system call: a migrator that is frozen or killed leaves either nothing of a
/// piece or all of it with its Sync, after which the server's idle timeouts run. Within a piece
/// they don't.
constexpr std::size_t kPieceBytes = 7'900;

/// Of these a BEGIN may have the last, since a piece can't begin outside a transaction.
constexpr std::size_t kBeginBytes = 300;

/// Room for a statement that undoes settings, or comes before them, and for ours: they are what
/// ends the session of somebody who is frozen between two pieces.
constexpr std::size_t kSettingsBytes = 3'000;

/// Parse, Bind, Describe, Execute and Flush around a statement's text.
constexpr std::size_t kOverheadBytes = 64;

/// How the server says no to a transaction that isn't ours any more.
constexpr std::string_view kRootOfNegative = "2201F";
constexpr std::string_view kQueryCanceled = "57014";

Error transaction_ended(Place place) {
  Error error(ErrorCode::statement_failed,
              "the script ends the transaction it is to be recorded in",
              "leave COMMIT and ROLLBACK out of it, or say '-- tidegate: no-transaction'");
  error.place = std::move(place);
  return error;
}

std::size_t size_of(const Item& item, std::size_t text_size_bytes) {
  std::size_t size_bytes = kOverheadBytes + text_size_bytes;
  for (const Parameter& parameter : item.parameters) {
    size_bytes += 8 + (parameter ? parameter->size() : 0);
  }
  return size_bytes;
}

}  // namespace

PipelinedRun::PipelinedRun(Connection& connection, PreparedStatements& prepared,
                           std::span<const Transaction> transactions, Items items,
                           TransactionListener& listener)
    : connection_(connection),
      prepared_(prepared),
      transactions_(transactions),
      items_(std::move(items)),
      listener_(listener) {}

const Script& PipelinedRun::script_of(const Sent& sent) const {
  return *transactions_[sent.transaction].script;
}

const Statement& PipelinedRun::statement_of(const Sent& sent) const {
  return script_of(sent).statements[sent.index];
}

TransactionsResult PipelinedRun::run() {
  try {
    run_all();
  } catch (...) {
    // A listener threw in the middle of a burst, and what is unread can't be told apart any more.
    connection_.drop();
    throw;
  }
  clean_up();
  return std::move(result_);
}

void PipelinedRun::run_all() {
  start_transaction(0);
  while (!result_.error) {
    const Item* item = items_.peek();
    if (item == nullptr) return;
    stop_where_asked();
    if (result_.error) return;
    switch (item->way) {
      case Way::pipelined:
        run_burst();
        break;
      case Way::copy:
        run_copy(*item);
        break;
      case Way::code:
        run_code(*item);
        break;
      case Way::refused:
        refuse(*item);
        break;
    }
  }
}

/// Between two bursts there is nothing to cancel.
void PipelinedRun::stop_where_asked() {
  try {
    connection_.begin_request(kGraceOfWork);
  } catch (const Error& error) {
    fail(error);
  }
}

void PipelinedRun::run_burst() {
  if (PQenterPipelineMode(connection_.handle()) != 1) {
    fail(Error(ErrorCode::internal, "the connection does not take a pipeline"));
    return;
  }
  send_burst();
  send_sync();
  read_burst();
  if (unsendable_) fail(*unsendable_);
  connection_.end_request();
  if (!connection_.lost() && PQexitPipelineMode(connection_.handle()) != 1) connection_.drop();
}

void PipelinedRun::send_burst() {
  std::size_t burst_bytes = 0;
  std::size_t piece_bytes = 0;
  while (const Item* item = items_.peek()) {
    if (item->way != Way::pipelined) return;
    const std::size_t size_bytes = size_of(*item, text_size_bytes_of(*item));
    const std::size_t needed_bytes = size_bytes + (item->keeps_next ? kSettingsBytes : 0);
    // One that is larger than a whole burst goes alone.
    if (burst_bytes > 0 && burst_bytes + needed_bytes > kBurstBytes) return;
    const std::size_t kept_bytes = item->purpose == Purpose::begin ? 0 : kBeginBytes;
    if (piece_bytes > 0 && piece_bytes + needed_bytes + kept_bytes > kPieceBytes) {
      // A pooler gets no more than one Sync before it has answered: session.cc.
      if (item->purpose == Purpose::begin || items_.pooled()) return;
      send_sync();
      if (!send(Items::proof(item->transaction))) return;
      piece_bytes = kBeginBytes;
    }
    if (!send(*item)) return;
    items_.pop();
    burst_bytes += size_bytes;
    piece_bytes += size_bytes;
  }
}

void PipelinedRun::send_sync() {
  PQpipelineSync(connection_.handle());
  unanswered_.push_back({Purpose::sync, 0, 0, false});
}

std::size_t PipelinedRun::text_size_bytes_of(const Item& item) const {
  if (item.purpose == Purpose::statement) {
    return transactions_[item.transaction].script->statements[item.index].size_bytes;
  }
  // A name is part of the overhead.
  return prepared_.by_name(item.sql) ? 0 : item.sql.size();
}

bool PipelinedRun::send(const Item& item) {
  const Sent sent{item.purpose, item.transaction, item.index, item.starts_statement};
  const bool taken = item.purpose == Purpose::statement ? send_text(sent) : send_ours(item, sent);
  if (!taken) {
    // Nothing of it went out. If it is the connection, reading the rest of the burst says so.
    if (!connection_.lost()) {
      unsendable_ = Error(ErrorCode::internal, PQerrorMessage(connection_.handle()));
    }
    return false;
  }
  unanswered_.push_back(sent);
  if (item.purpose == Purpose::commit) commits_sent_up_to_ = item.transaction + 1;
  if (item.flush_after) PQsendFlushRequest(connection_.handle());
  return true;
}

bool PipelinedRun::send_text(const Sent& sent) {
  const std::string sql(script_of(sent).text_of(statement_of(sent)));
  if (may_deallocate(sql)) prepared_.forget();
  return send_query(connection_.handle(), sql, {});
}

bool PipelinedRun::send_ours(const Item& item, const Sent& sent) {
  using How = PreparedStatements::Use::How;
  PGconn* handle = connection_.handle();
  const PreparedStatements::Use use = prepared_.use(item.sql);
  if (use.how == How::as_text) return send_query(handle, item.sql, item.parameters);
  if (use.how == How::after_making) {
    if (PQsendPrepare(handle, use.name.c_str(), item.sql.c_str(), 0, nullptr) != 1) return false;
    unanswered_.push_back({Purpose::prepare, sent.transaction, sent.index, false});
  }
  return send_prepared(handle, use.name, item.parameters);
}

void PipelinedRun::read_burst() {
  // After the connection is lost, libpq still holds what had come before.
  while (!unanswered_.empty() && !(connection_.lost() && result_.error)) {
    const Sent sent = unanswered_.front();
    unanswered_.pop_front();
    if (sent.purpose == Purpose::sync) {
      read_sync();
      continue;
    }
    const Author author = sent.purpose == Purpose::statement ? Author::migration : Author::ours;
    take(sent, read_answer(connection_, {.author = author, .keep = Keep::nothing}));
  }
  unanswered_.clear();
  const bool all_done = result_.committed_count == transactions_.size();
  if (connection_.lost() && !result_.error && !all_done) take_lost({}, Answer());
}

void PipelinedRun::read_sync() {
  for (int empty_count = 0; empty_count < 2 && !connection_.lost();) {
    const ResultPtr result = connection_.next_result();
    if (!result) {
      ++empty_count;
    } else if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) {
      return;
    }
  }
}

/// A COPY leaves the pipeline and goes by itself, inside the transaction that is open. Everything
/// before it has been answered, and nothing after it is sent before it is.
void PipelinedRun::run_copy(const Item& item) {
  const Sent sent{item.purpose, item.transaction, item.index, item.starts_statement};
  const Script& script = script_of(sent);
  const Statement& statement = statement_of(sent);
  if (PQsendQuery(connection_.handle(), std::string(script.text_of(statement)).c_str()) != 1) {
    take_lost(sent, Answer());
    return;
  }
  items_.pop();
  const Answer answer = read_answer(connection_, {.author = Author::migration,
                                                  .keep = Keep::nothing,
                                                  .copy_data = copy_data_of(script, statement)});
  connection_.end_request();
  take(sent, answer);
}

/// A migration in C++ talks to the server itself, in the transaction that is open. As with a COPY,
/// everything before it has been answered.
void PipelinedRun::run_code(const Item& item) {
  const Sent sent{item.purpose, item.transaction, item.index, item.starts_statement};
  items_.pop();
  connection_.end_request();
  std::optional<Error> failure = PostgresCodeWork(connection_).perform(script_of(sent));
  if (!failure) return take_done(sent, Answer());
  fail(std::move(*failure));
}

void PipelinedRun::refuse(const Item& item) {
  const Script& script = *transactions_[item.transaction].script;
  const Statement& statement = script.statements[item.index];
  Error error = transaction_ended(script.place_of(statement));
  error.statement = script.text_of(statement);
  fail(std::move(error));
}

void PipelinedRun::take(const Sent& sent, const Answer& answer) {
  if (result_.error || answer.skipped) return;
  const bool last_word = answer.error && answer.error->code == ErrorCode::connection_lost;
  if (last_word || (connection_.lost() && !answer.completed)) {
    take_lost(sent, answer);
  } else if (answer.error) {
    take_refused(sent, answer);
  } else {
    take_done(sent, answer);
  }
}

void PipelinedRun::take_done(const Sent& sent, const Answer& answer) {
  while (started_count_ <= sent.transaction) start_transaction(started_count_);
  if (sent.starts_statement) listener_.statement_started(sent.transaction, next_statement_++);
  if (sent.purpose != Purpose::commit) return;
  if (answer.tag != "COMMIT") {
    fail(Error(ErrorCode::internal, "the server rolled back where it should have committed"));
    return;
  }
  while (result_.committed_count <= sent.transaction) {
    const std::size_t transaction = result_.committed_count++;
    listener_.committed(transaction, elapsed_of(transaction));
  }
  started_at_.clear();
  start_transaction(sent.transaction + 1);
}

/// Those that are committed together count until the next began, the last one until the commit.
std::chrono::microseconds PipelinedRun::elapsed_of(std::size_t transaction) const {
  const std::size_t index = transaction - (started_count_ - started_at_.size());
  const Instant end = index + 1 < started_at_.size() ? started_at_[index + 1] : steady_clock::now();
  return std::chrono::duration_cast<std::chrono::microseconds>(end - started_at_[index]);
}

void PipelinedRun::start_transaction(std::size_t transaction) {
  if (transaction >= transactions_.size() || transaction < started_count_) return;
  started_count_ = transaction + 1;
  started_at_.push_back(steady_clock::now());
  next_statement_ = 0;
  listener_.transaction_started(transaction);
}

void PipelinedRun::take_refused(const Sent& sent, const Answer& answer) {
  const Error& error = *answer.error;
  const bool cancelled = error.server_code == kQueryCanceled && connection_.ended_by();
  if (cancelled) {
    Error stopped = stopped_error();
    if (sent.purpose == Purpose::statement) {
      stopped.place = script_of(sent).place_of(statement_of(sent));
      stopped.statement = script_of(sent).text_of(statement_of(sent));
    }
    stopped.server_code = error.server_code;
    fail(std::move(stopped));
    return;
  }
  const bool check = sent.purpose == Purpose::guard || sent.purpose == Purpose::intact;
  if (sent.purpose == Purpose::statement) {
    fail(refusal_of(answer, script_of(sent), statement_of(sent)));
  } else if (check && error.server_code == kDivisionByZero) {
    fail(fenced_error("its lock or record"));
  } else if (check && error.server_code == kRootOfNegative) {
    fail(transaction_ended({script_of(sent).file, 0, 0}));
  } else {
    Error ours = error;
    const Transaction& transaction = transactions_[sent.transaction];
    if (transaction.script != nullptr) ours.place.file = transaction.script->file;
    if (sent.purpose == Purpose::record) ours.statement = transaction.epilogue[sent.index].sql;
    // A deferred constraint is the script's business, though it is COMMIT that says so.
    if (sent.purpose == Purpose::commit && ours.code != ErrorCode::connection_lost) {
      ours.code = code_of(ours.server_code, Author::migration);
      ours.statement = "COMMIT";
    }
    fail(std::move(ours));
  }
}

/// A COMMIT that was handed over may have been executed, whatever else of the burst was answered:
/// the server works through what it has received, and may be gone only now. Unless its last word
/// came before that COMMIT's turn: after a FATAL it executes nothing more.
void PipelinedRun::take_lost(const Sent& sent, const Answer& answer) {
  const bool said_before_commit = answer.error && sent.purpose != Purpose::commit;
  const bool unknown = commits_sent_up_to_ > result_.committed_count && !said_before_commit;
  Error error = lost_error(unknown ? ErrorCode::outcome_unknown : ErrorCode::connection_lost,
                           connection_.last_words());
  if (!unknown && connection_.ended_by()) error = stopped_error();
  if (answer.error) {
    error.server_code = answer.error->server_code;
    error.detail = answer.error->message;
  }
  if (sent.transaction < transactions_.size() && transactions_[sent.transaction].script) {
    error.place.file = script_of(sent).file;
    if (sent.purpose == Purpose::statement) {
      error.place = script_of(sent).place_of(statement_of(sent));
      error.statement = script_of(sent).text_of(statement_of(sent));
    }
  }
  fail(std::move(error));
}

Error PipelinedRun::stopped_error() const {
  const bool asked = connection_.ended_by() == ErrorCode::interrupted;
  return {*connection_.ended_by(),
          asked ? "stopped on request" : "the server hasn't answered in time"};
}

void PipelinedRun::fail(Error error) {
  // The server has skipped what it was to prepare behind the error.
  prepared_.forget();
  if (!result_.error) result_.error = std::move(error);
}

/// Leaves the session outside any transaction.
void PipelinedRun::clean_up() {
  if (connection_.lost()) return;
  if (PQtransactionStatus(connection_.handle()) == PQTRANS_IDLE) return;
  connection_.roll_back();
}

}  // namespace tidegate::postgres
