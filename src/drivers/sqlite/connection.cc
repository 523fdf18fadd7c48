#include "drivers/sqlite/connection.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <thread>

#include "drivers/sqlite/code_names.h"
#include "drivers/sqlite/sql_text.h"

namespace tidegate::sqlite {

namespace {

using std::chrono::milliseconds;

/// How many of SQLite's instructions run between two looks at the limits: well under a millisecond.
constexpr int kInstructionsPerLook = 10'000;
constexpr std::size_t kMaxPreparedCount = 64;
/// The longest pause between two tries for a lock; also how late a stop may be noticed there.
constexpr milliseconds kMaxBusyPause{20};

int primary(int code) { return code & 0xff; }

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

/// Puts a prepared statement back for its next use.
class ResetLater {
 public:
  explicit ResetLater(sqlite3_stmt* statement) : statement_(statement) {}
  ~ResetLater() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  ResetLater(const ResetLater&) = delete;
  ResetLater& operator=(const ResetLater&) = delete;

 private:
  sqlite3_stmt* statement_;
};

void add_row(sqlite3_stmt* statement, Rows& rows) {
  for (int column = 0; column < static_cast<int>(rows.column_count()); ++column) {
    const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    if (text == nullptr) {
      rows.add(std::nullopt);
    } else {
      rows.add(std::string_view(text,
                                static_cast<std::size_t>(sqlite3_column_bytes(statement, column))));
    }
  }
}

}  // namespace

Connection::Connection(OpenedFile file, Limits limits)
    : file_(std::move(file)), limits_(std::move(limits)) {
  open();
}

Connection::~Connection() = default;

void Connection::open() {
  sqlite3* handle = nullptr;
  const int access = file_.mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  const int flags = access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(file_.path.c_str(), &handle, flags, file_.vfs);
  handle_.reset(handle);
  if (code != SQLITE_OK) throw open_error(code);
  sqlite3_busy_handler(handle, &Connection::on_busy, this);
  sqlite3_progress_handler(handle, kInstructionsPerLook, &Connection::on_progress, this);
  sqlite3_set_authorizer(handle, &Connection::on_authorize, this);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 0, nullptr);
  look_inside();
}

// Until now SQLite has only opened the file.
void Connection::look_inside() {
  try {
    query({"PRAGMA schema_version"});
  } catch (Error& error) {
    // To the caller it is like a server that is full: nothing was done, and it passes.
    if (error.code == ErrorCode::lock_timeout) error.code = ErrorCode::unreachable;
    throw;
  }
}

int Connection::on_busy(void* self, int count) {
  auto& connection = *static_cast<Connection*>(self);
  const TimePoint now = std::chrono::steady_clock::now();
  if (count == 0) connection.busy_since_ = now;
  const Limits& limits = connection.limits_;
  const TimePoint given_up =
      std::min(limits.deadline, connection.busy_since_ + limits.lock_timeout);
  if (limits.stop.stop_requested() || now >= given_up) return 0;
  const auto pause = std::min<TimePoint::duration>(milliseconds(1) * (1 + count), kMaxBusyPause);
  std::this_thread::sleep_until(std::min(given_up, now + pause));
  return 1;
}

int Connection::on_progress(void* self) {
  return static_cast<const Connection*>(self)->limit_reached() ? 1 : 0;
}

int Connection::on_authorize(void* self, int action, const char* first, const char* second,
                             const char* /*database*/, const char* /*trigger*/) {
  ScriptLog* const log = static_cast<const Connection*>(self)->log_;
  return log == nullptr ? SQLITE_OK : log->note(action, first, second);
}

bool Connection::limit_reached() const {
  return limits_.stop.stop_requested() ||
         (limits_.deadline != kNever && std::chrono::steady_clock::now() >= limits_.deadline);
}

Error Connection::limit_error() const {
  if (limits_.stop.stop_requested()) {
    return {ErrorCode::interrupted, fmt::format("stopped on request, at {}", file_.shown)};
  }
  return {ErrorCode::timed_out, fmt::format("the time is up, at {}", file_.shown)};
}

void Connection::check_limits() const {
  if (limit_reached()) throw limit_error();
}

StatementHandle Connection::prepare(const std::string& sql, unsigned int flags) {
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v3(handle(), sql.c_str(), -1, flags, &raw, &tail);
  StatementHandle statement(raw);
  if (code != SQLITE_OK) throw error(code);
  const auto end = static_cast<std::size_t>(tail - sql.c_str());
  if (!statement || skip_blank(sql, end) != sql.size()) {
    throw Error(ErrorCode::internal, fmt::format("not one statement: {}", sql));
  }
  return statement;
}

sqlite3_stmt* Connection::prepared(const std::string& sql) {
  if (const auto found = statements_.find(sql); found != statements_.end()) {
    return found->second.get();
  }
  StatementHandle statement = prepare(sql, SQLITE_PREPARE_PERSISTENT);
  if (statements_.size() >= kMaxPreparedCount) statements_.clear();
  return statements_.emplace(sql, std::move(statement)).first->second.get();
}

// SQLite reads $1 as a parameter named "$1", in the order of first use.
void Connection::bind(sqlite3_stmt* statement, std::span<const Parameter> parameters) const {
  const int count = sqlite3_bind_parameter_count(statement);
  for (int index = 1; index <= count; ++index) {
    const char* const raw_name = sqlite3_bind_parameter_name(statement, index);
    const std::string_view name = raw_name == nullptr ? "" : raw_name;
    std::size_t number = 0;
    if (name.starts_with('$')) std::from_chars(name.data() + 1, name.data() + name.size(), number);
    if (number == 0 || number > parameters.size()) {
      throw Error(ErrorCode::internal, fmt::format("nothing to bind to the parameter '{}' of: {}",
                                                   name, sqlite3_sql(statement)));
    }
    const Parameter& value = parameters[number - 1];
    const int code = value ? sqlite3_bind_text64(statement, index, value->data(), value->size(),
                                                 SQLITE_STATIC, SQLITE_UTF8)
                           : sqlite3_bind_null(statement, index);
    if (code != SQLITE_OK) throw error(code);
  }
}

Rows Connection::query(const Query& query, Access access) {
  check_limits();
  sqlite3_stmt* const statement = prepared(query.sql);
  const ResetLater reset(statement);
  if (access == Access::read && sqlite3_stmt_readonly(statement) == 0) {
    throw Error(ErrorCode::statement_failed,
                fmt::format("a statement that writes can't be run as a read: {}", query.sql));
  }
  return rows_of(statement, query.parameters);
}

Rows Connection::query_once(const Query& query) {
  check_limits();
  const StatementHandle statement = prepare(query.sql, 0);
  return rows_of(statement.get(), query.parameters);
}

Rows Connection::rows_of(sqlite3_stmt* statement, std::span<const Parameter> parameters) {
  bind(statement, parameters);
  int code = sqlite3_step(statement);
  // Only now: a statement prepared before a change of the schema may have other columns.
  Rows rows(static_cast<std::size_t>(sqlite3_column_count(statement)));
  for (; code == SQLITE_ROW; code = sqlite3_step(statement)) add_row(statement, rows);
  if (code != SQLITE_DONE) throw error(code);
  return rows;
}

Error Connection::open_error(int code) const {
  const int system = handle_ ? sqlite3_system_errno(handle()) : 0;
  Error error(ErrorCode::access_denied,
              fmt::format("{} can't be opened: {}", file_.shown,
                          system == 0 ? sqlite3_errstr(code) : std::strerror(system)),
              "give this user the right to read and write the file");
  if (system == ENOENT) error = Error(ErrorCode::no_database, file_.shown + " is not there");
  error.server_code = code_name(code);
  return error;
}

Error Connection::error(int code) const {
  const auto as = [&](ErrorCode which, std::string message, std::string hint = {}) {
    Error error(which, std::move(message), std::move(hint));
    error.server_code = code_name(code);
    if (which != ErrorCode::statement_failed) error.detail = sqlite3_errmsg(handle());
    return error;
  };
  const std::string& shown = file_.shown;
  switch (primary(code)) {
    case SQLITE_INTERRUPT:
      return limit_error();
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      if (limits_.stop.stop_requested()) return limit_error();
      if (limit_reached()) {
        return as(ErrorCode::timed_out,
                  fmt::format("{} is locked by another program, and the time is up", shown),
                  "end the other program's transaction, or wait longer");
      }
      return as(ErrorCode::lock_timeout,
                fmt::format("{} was locked by another program for longer than {}", shown,
                            limits_.lock_timeout),
                "end the other program's transaction, or raise the lock timeout");
    case SQLITE_READONLY:
      return as(ErrorCode::read_only,
                fmt::format("{} can't be written: {}", shown, sqlite3_errmsg(handle())),
                "give this user the right to write the file and its directory");
    case SQLITE_CANTOPEN:
      if (access(file_.path.c_str(), F_OK) != 0) {
        return as(ErrorCode::no_database, shown + " is not there any more");
      }
      if (access(directory_of(file_.path).c_str(), W_OK) == 0) break;
      return as(ErrorCode::read_only,
                fmt::format("the journal of {} can't be made beside it", shown),
                "give this user the right to write the directory");
    case SQLITE_FULL:
      return as(ErrorCode::disk_full, fmt::format("no room is left for {}", shown),
                "make room, then run it again");
    case SQLITE_NOTADB:
      return as(ErrorCode::not_a_database, fmt::format("{} is not an SQLite database", shown),
                "check the path");
    case SQLITE_CORRUPT:
      return as(ErrorCode::statement_failed,
                fmt::format("{} is damaged: {}", shown, sqlite3_errmsg(handle())),
                "ask it with 'PRAGMA integrity_check', and restore a backup");
    case SQLITE_IOERR:
      return as(ErrorCode::statement_failed,
                fmt::format("{} can't be read or written: {}: {}", shown, sqlite3_errmsg(handle()),
                            std::strerror(sqlite3_system_errno(handle()))),
                "look at the disk");
    default:
      break;
  }
  return as(ErrorCode::statement_failed, sqlite3_errmsg(handle()));
}

OpenTransaction::OpenTransaction(Connection& connection) : connection_(connection) {
  connection_.execute("BEGIN IMMEDIATE");
}

void OpenTransaction::commit() {
  try {
    connection_.execute("COMMIT");
  } catch (Error& error) {
    // The journal may be gone or the commit frame written although the call that was to make it
    // durable failed. Nobody but the next reader of the file can tell.
    if (error.server_code.starts_with("SQLITE_IOERR")) {
      error.code = ErrorCode::outcome_unknown;
      error.message = "the disk failed during the commit: " + error.message;
      error.hint = "look at the disk, then run it again: what was committed is recorded";
    }
    throw;
  }
}

void OpenTransaction::rollback() noexcept {
  // Not through `execute`: it has to happen although the limits are reached. SQLite may have rolled
  // back by itself (https://www.sqlite.org/lang_transaction.html, "response to errors").
  if (connection_.in_transaction()) {
    sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

}  // namespace tidegate::sqlite
