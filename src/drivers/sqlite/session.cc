#include "drivers/sqlite/session.h"

#include <fmt/format.h>

#include "drivers/fenced.h"
#include "drivers/sqlite/files.h"
#include "drivers/sqlite/reader.h"
#include "drivers/sqlite/script_runner.h"

namespace tidegate::sqlite {

namespace {

/// In KiB: 64 MiB instead of 2. Once the changes of a transaction don't fit, SQLite writes them
/// into the file and locks all readers out until the commit; the service is among them.
constexpr const char* kCacheSize = "PRAGMA cache_size = -65536";

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

void require(Connection& connection, const Guard& guard) {
  const Rows rows =
      connection.query({fmt::format("SELECT ({})", guard.expression), guard.parameters});
  const std::string value = rows.empty() ? "" : rows.text(0, 0);
  if (!value.empty() && value != "0") return;
  throw fenced_error("its lock or record");
}

/// How many of them, from the first on, are committed together.
std::size_t group_size(std::span<const Transaction> transactions) {
  std::size_t count = 1;
  while (count < transactions.size() &&
         transactions[count - 1].commit == Transaction::Commit::with_next) {
    ++count;
  }
  return count;
}

}  // namespace

SqliteSession::SqliteSession(const DatabaseUrl& url, const ConnectOptions& options)
    : file_{.path = existing_file(url), .shown = url.shown, .mode = mode_of(url)},
      limits_{.deadline = options.deadline, .stop = options.stop},
      watcher_(file_.path) {
  connection();
}

Connection& SqliteSession::connection() {
  drop_leaks();
  if (!connection_) {
    connection_ = std::make_unique<Connection>(file_, limits_);
    connection_->execute(kCacheSize);
  }
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
      const std::size_t count = group_size(transactions.subspan(result.committed_count));
      run_group(transactions.subspan(result.committed_count, count), result.committed_count,
                listener);
      result.committed_count += count;
    }
  } catch (const Error& error) {
    result.error = error;
  }
  drop_leaks();
  return result;
}

/// Runs transactions that are committed together; `first` is the index of the first.
void SqliteSession::run_group(std::span<const Transaction> transactions, std::size_t first,
                              TransactionListener& listener) {
  connection().check_limits();
  // The second try is for scripts that left broken foreign keys which turned out to be old.
  if (!try_once(transactions, first, Tell::yes, listener) &&
      !try_once(transactions, first, Tell::no, listener)) {
    throw Error(
        ErrorCode::statement_failed,
        fmt::format("foreign keys in {} were broken by another program meanwhile", file_.shown),
        "run it again");
  }
}

bool SqliteSession::try_once(std::span<const Transaction> transactions, std::size_t first,
                             Tell tell, TransactionListener& listener) {
  Connection& connection = this->connection();
  log_ = {};
  const LockTimeout lock_timeout(connection.limits(), transactions.front().lock_timeout);
  std::vector<TimePoint> started;
  std::optional<OpenTransaction> open;
  for (std::size_t index = 0; index < transactions.size(); ++index) {
    started.push_back(std::chrono::steady_clock::now());
    if (tell == Tell::yes) listener.transaction_started(first + index);
    if (!open) open.emplace(connection);
    execute_in(connection, transactions[index], [&](std::size_t statement) {
      if (tell == Tell::yes) listener.statement_started(first + index, statement);
    });
  }
  const Violations broken = foreign_keys_.broken_by(connection, log_);
  if (!foreign_keys_.known(broken)) {
    open->rollback();
    foreign_keys_.learn(connection, broken);
    return false;
  }
  try {
    open->commit();
  } catch (Error& error) {
    // What a statement did may find no room, or a broken constraint, only here.
    if (const Script* script = transactions.back().script) error.place.file = script->file;
    throw;
  }
  foreign_keys_.committed();
  const TimePoint ended = std::chrono::steady_clock::now();
  for (std::size_t index = 0; index < transactions.size(); ++index) {
    const TimePoint end = index + 1 < transactions.size() ? started[index + 1] : ended;
    listener.committed(first + index,
                       std::chrono::duration_cast<std::chrono::microseconds>(end - started[index]));
  }
  return true;
}

void SqliteSession::execute_in(Connection& connection, const Transaction& transaction,
                               const std::function<void(std::size_t)>& statement_started) {
  for (const Guard& guard : transaction.guards) require(connection, guard);
  if (transaction.script != nullptr && transaction.statement) {
    // As outside of a transaction, nothing checks the foreign keys that one statement may break.
    const Script& script = *transaction.script;
    statement_started(0);
    ScriptLog log;
    run_statement(connection, script, script.statements[*transaction.statement], log);
    log_.leaked = log_.leaked || log.leaked;
  } else if (transaction.script != nullptr && transaction.script->code) {
    foreign_keys_.look(connection);
    statement_started(0);
    run_code(connection, *transaction.script, log_);
  } else if (transaction.script != nullptr) {
    foreign_keys_.look(connection);
    run_script(connection, *transaction.script, log_, statement_started);
  }
  for (const Query& query : transaction.epilogue) connection.query(query);
}

void SqliteSession::run_alone(const Script& script, const Statement& statement,
                              std::span<const Guard> guards, TransactionListener& /*listener*/) {
  Connection& connection = this->connection();
  connection.check_limits();
  for (const Guard& guard : guards) require(connection, guard);
  log_ = {};
  log_.where = ScriptLog::Where::alone;
  run_statement(connection, script, statement, log_);
  drop_leaks();
}

}  // namespace tidegate::sqlite
