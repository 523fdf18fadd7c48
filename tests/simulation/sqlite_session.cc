#include "simulation/sqlite_session.h"

#include <utility>

namespace tidegate::simulation {

namespace {

Error refusal(const SqlError& error) {
  ErrorCode code = ErrorCode::statement_failed;
  if (error.sqlstate == "42P01") code = ErrorCode::no_table;
  if (error.sqlstate == "55P03") code = ErrorCode::lock_timeout;
  if (error.sqlstate == "57014") code = ErrorCode::interrupted;
  Error made(code, error.message);
  made.server_code = error.sqlstate;
  return made;
}

}  // namespace

SqliteSession::SqliteSession(Host& host, Process& process)
    : host_(host), process_(process), backend_(host, process.name()) {}

void SqliteSession::limit_to(TimePoint, std::stop_token stop) { stop_ = std::move(stop); }

Rows SqliteSession::call(const std::string& sql, const std::vector<Parameter>& parameters) {
  process_.at_call(Fault::When::before_request, [](const Fault&) {});
  if (stop_.stop_requested()) throw Error(ErrorCode::interrupted, "stopped on request");
  host_.scheduler().step();
  if (host_.tell) host_.tell("  " + process_.name() + " < " + sql);
  Rows rows;
  try {
    rows = backend_.execute(sql, parameters);
  } catch (const SqlError& error) {
    if (host_.tell) host_.tell("  " + process_.name() + " ! " + error.message);
    process_.next_call();
    throw refusal(error);
  }
  process_.at_call(Fault::When::after_request, [](const Fault&) {});
  process_.next_call();
  return rows;
}

std::vector<ReadResult> SqliteSession::read(std::span<const Query> queries) {
  std::vector<ReadResult> results;
  for (const Query& query : queries) {
    try {
      results.emplace_back(call(query.sql, query.parameters));
    } catch (const Error& error) {
      if (error.code == ErrorCode::interrupted) throw;
      results.emplace_back(error);
    }
  }
  return results;
}

void SqliteSession::subscribe(std::string_view) {}

// The driver watches the file; here the number of the last commit tells of a change.
std::vector<News> SqliteSession::wait_for_news(TimePoint until) {
  Scheduler& scheduler = host_.scheduler();
  const std::uint64_t seen = host_.tables().last_commit;
  const auto left = until - process_.clock().now();
  process_.at_call(Fault::When::before_request, [](const Fault&) {});
  scheduler.wait(scheduler.now() + std::chrono::ceil<std::chrono::milliseconds>(left),
                 [&] { return host_.tables().last_commit != seen || stop_.stop_requested(); });
  process_.next_call();
  return {};
}

Rows SqliteSession::execute(const Query& query) { return call(query.sql, query.parameters); }

void SqliteSession::run_one(const tidegate::Transaction& transaction, std::size_t index,
                            TransactionListener& listener) {
  for (const Guard& guard : transaction.guards) {
    const Rows rows = call("SELECT (" + guard.expression + ")", guard.parameters);
    if (rows.text(0, 0) != "t") throw Error(ErrorCode::fenced, "another replica was here first");
  }
  if (transaction.script != nullptr) {
    for (std::size_t i = 0; i < transaction.script->statements.size(); ++i) {
      if (transaction.statement && *transaction.statement != i) continue;
      listener.statement_started(index, i);
      call(std::string(transaction.script->text_of(transaction.script->statements[i])));
    }
  }
  for (const Query& query : transaction.epilogue) call(query.sql, query.parameters);
}

TransactionsResult SqliteSession::run(std::span<const tidegate::Transaction> transactions,
                                      TransactionListener& listener) {
  TransactionsResult result;
  try {
    for (std::size_t index = 0; index < transactions.size(); ++index) {
      listener.transaction_started(index);
      if (!backend_.transaction().explicitly_begun) call("BEGIN IMMEDIATE");
      run_one(transactions[index], index, listener);
      if (transactions[index].commit == tidegate::Transaction::Commit::with_next) continue;
      call("COMMIT");
      while (result.committed_count <= index) {
        listener.committed(result.committed_count++, std::chrono::microseconds(1));
      }
    }
  } catch (const Error& error) {
    result.error = error;
    backend_.roll_back();
  }
  return result;
}

void SqliteSession::run_alone(const Script& script, const Statement& statement,
                              std::span<const Guard> guards, TransactionListener&) {
  for (const Guard& guard : guards) {
    const Rows rows = call("SELECT (" + guard.expression + ")", guard.parameters);
    if (rows.text(0, 0) != "t") throw Error(ErrorCode::fenced, "another replica was here first");
  }
  call(std::string(script.text_of(statement)));
}

}  // namespace tidegate::simulation
