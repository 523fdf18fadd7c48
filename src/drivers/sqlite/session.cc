#include "drivers/sqlite/session.h"

#include <fmt/format.h>

#include "drivers/sqlite/files.h"
#include "drivers/sqlite/reader.h"
#include "drivers/sqlite/script_runner.h"

namespace tidegate::sqlite {

namespace {

/// Gives the connection another lock timeout for a while.
class LockTimeout {
 public:
  LockTimeout(Limits& limits, std::optional<std::chrono::milliseconds> timeout)
      : limits_(limits), old_(limits.lock_timeout) {
    if (timeout) limits_.lock_timeout = *timeout;
  }
  ~LockTimeout() { limits_.lock_timeout = old_; }
  LockTimeout(const LockTimeout&) = delete;
  LockTimeout& operator=(const LockTimeout&) = delete;

 private:
  Limits& limits_;
  std::chrono::milliseconds old_;
};

std::size_t index_of(const Script& script, const Statement& statement) {
  std::size_t index = 0;
  for (const Statement& each : script.statements) {
    if (each.offset >= statement.offset) break;
    ++index;
  }
  return index;
}

void require(Connection& connection, const Guard& guard) {
  const Rows rows =
      connection.query({fmt::format("SELECT ({})", guard.expression), guard.parameters});
  const std::string value = rows.empty() ? "" : rows.text(0, 0);
  if (!value.empty() && value != "0") return;
  throw Error(
      ErrorCode::fenced,
      fmt::format("another replica was here first: not true any more: {}", guard.expression),
      "look again");
}

}  // namespace

SqliteSession::SqliteSession(const DatabaseUrl& url, const ConnectOptions& options)
    : file_{.path = existing_file(url), .shown = url.shown},
      limits_{.deadline = options.deadline, .stop = options.stop},
      watcher_(file_.path) {
  connection();
}

Connection& SqliteSession::connection() {
  drop_leaks();
  if (!connection_) connection_ = std::make_unique<Connection>(file_, limits_);
  return *connection_;
}

void SqliteSession::drop_leaks() {
  if (!log_.leaked) return;
  connection_.reset();
  log_ = {};
}

void SqliteSession::limit_to(TimePoint deadline, std::stop_token stop) {
  limits_.deadline = deadline;
  limits_.stop = stop;
  if (connection_) connection_->limits() = limits_;
}

std::vector<ReadResult> SqliteSession::read(std::span<const Query> queries) {
  return read_all(connection(), queries);
}

void SqliteSession::subscribe(std::string_view /*topic*/) { watcher_.start(); }

std::vector<News> SqliteSession::wait_for_news(TimePoint until) {
  return news_of(watcher_, until, limits_);
}

Rows SqliteSession::execute(const Query& query) {
  try {
    return connection().query(query);
  } catch (Error& error) {
    error.statement = query.sql;
    throw;
  }
}

TransactionsResult SqliteSession::run(std::span<const Transaction> transactions,
                                      TransactionListener& listener) {
  TransactionsResult result;
  try {
    while (result.committed_count < transactions.size()) {
      const std::size_t first = result.committed_count;
      std::size_t last = first;
      while (transactions[last].commit == Transaction::Commit::with_next) ++last;
      commit_together(transactions, {.first = first, .last = last}, listener);
      result.committed_count = last + 1;
    }
  } catch (const Error& error) {
    result.error = error;
  }
  drop_leaks();
  return result;
}

void SqliteSession::commit_together(std::span<const Transaction> transactions, Group group,
                                    TransactionListener& listener) {
  const auto started = std::chrono::steady_clock::now();
  connection().check_limits();
  // The second try is for a script that left broken foreign keys which turned out to be old.
  if (!try_once(transactions, group, Tell::yes, listener) &&
      !try_once(transactions, group, Tell::no, listener)) {
    throw Error(
        ErrorCode::statement_failed,
        fmt::format("foreign keys in {} were broken by another program meanwhile", file_.shown),
        "run it again");
  }
  const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - started);
  for (std::size_t index = group.first; index <= group.last; ++index) {
    listener.committed(index, duration);
  }
}

bool SqliteSession::try_once(std::span<const Transaction> transactions, Group group, Tell tell,
                             TransactionListener& listener) {
  Connection& connection = this->connection();
  if (tell == Tell::yes) listener.transaction_started(group.first);
  const LockTimeout lock_timeout(connection.limits(), transactions[group.first].lock_timeout);
  OpenTransaction open(connection);
  bool leaked = false;
  for (std::size_t index = group.first; index <= group.last; ++index) {
    if (tell == Tell::yes && index > group.first) listener.transaction_started(index);
    log_ = {};
    const Violations broken = run_one(index, transactions[index], tell, listener);
    leaked = leaked || log_.leaked;
    log_.leaked = leaked;
    if (foreign_keys_.known(broken)) continue;
    open.rollback();
    foreign_keys_.learn(connection, broken);
    return false;
  }
  open.commit();
  if (transactions[group.last].script != nullptr) foreign_keys_.committed();
  return true;
}

/// Guards, script and epilogue. Returns the foreign keys that are broken now.
Violations SqliteSession::run_one(std::size_t index, const Transaction& transaction, Tell tell,
                                  TransactionListener& listener) {
  Connection& connection = *connection_;
  for (const Guard& guard : transaction.guards) require(connection, guard);
  if (transaction.script != nullptr) {
    foreign_keys_.look(connection);
    run_script(connection, *transaction.script, log_, [&](std::size_t statement) {
      if (tell == Tell::yes) listener.statement_started(index, statement);
    });
  }
  for (const Query& query : transaction.epilogue) connection.query(query);
  if (transaction.script == nullptr) return {};
  return foreign_keys_.broken_by(connection, *transaction.script, log_);
}

void SqliteSession::run_alone(const Script& script, const Statement& statement,
                              TransactionListener& listener) {
  Connection& connection = this->connection();
  connection.check_limits();
  log_ = {};
  log_.where = ScriptLog::Where::alone;
  listener.statement_started(0, index_of(script, statement));
  run_statement(connection, script, statement, log_);
  drop_leaks();
}

}  // namespace tidegate::sqlite
