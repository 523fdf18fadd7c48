#pragma once

#include <sqlite3.h>

#include <chrono>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <unordered_map>

#include "drivers/sqlite/script_log.h"
#include "drivers/sqlite/url.h"
#include "tidegate/clock.h"
#include "tidegate/session.h"

namespace tidegate::sqlite {

/// How long a statement waits for another program's lock when nobody said otherwise. SQLite's own
/// answer is not at all, which fails for every reader that happens to look.
inline constexpr std::chrono::milliseconds kDefaultLockTimeout{10'000};

/// How long a call may take.
struct Limits {
  TimePoint deadline = kNever;
  std::stop_token stop = {};
  std::chrono::milliseconds lock_timeout = kDefaultLockTimeout;
};

/// A database file as it is opened.
struct OpenedFile {
  std::string path;
  std::string shown;          ///< for messages
  const char* vfs = nullptr;  ///< null: the system's
  Mode mode = Mode::read_write;
};

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

/// One connection of SQLite's, with limits on every call.
///
/// Foreign keys aren't enforced, since a table can't be rebuilt while they are
/// (https://www.sqlite.org/lang_altertable.html#otheralter); ForeignKeys checks them instead.
///
/// Threads: one at a time.
class Connection {
 public:
  /// Opens the file and makes sure that it is a database; makes no file.
  ///
  /// Throws: Error{no_database, not_a_database, access_denied, …}; unreachable when another program
  /// keeps it locked.
  Connection(OpenedFile file, Limits limits);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* handle() const { return handle_.get(); }
  const OpenedFile& file() const { return file_; }
  Limits& limits() { return limits_; }

  /// Throws: Error{interrupted, timed_out} when the limit is reached.
  void check_limits() const;

  enum class Access { read, write };

  /// Runs one statement with its parameters to its end.
  Rows query(const Query& query, Access access = Access::write);
  void execute(const std::string& sql) { query({sql}); }
  /// The same without keeping it prepared: what is logged is looked at each time.
  Rows query_once(const Query& query);

  /// What an SQLite result code means, with the message of the last call.
  Error error(int code) const;

  bool in_transaction() const { return sqlite3_get_autocommit(handle()) == 0; }

  /// Writes down what statements do while it lives.
  class Logging {
   public:
    Logging(Connection& connection, ScriptLog& log) : connection_(connection) {
      connection_.log_ = &log;
    }
    ~Logging() { connection_.log_ = nullptr; }
    Logging(const Logging&) = delete;
    Logging& operator=(const Logging&) = delete;

   private:
    Connection& connection_;
  };

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };

  static int on_busy(void* self, int count);
  static int on_progress(void* self);
  static int on_authorize(void* self, int action, const char* first, const char* second,
                          const char* database, const char* trigger);
  void open();
  StatementHandle prepare(const std::string& sql, unsigned int flags);
  sqlite3_stmt* prepared(const std::string& sql);
  Rows rows_of(sqlite3_stmt* statement, std::span<const Parameter> parameters);
  void bind(sqlite3_stmt* statement, std::span<const Parameter> parameters) const;
  bool limit_reached() const;
  Error limit_error() const;
  Error open_error(int code) const;
  void look_inside();

  OpenedFile file_;
  Limits limits_;
  ScriptLog* log_ = nullptr;
  TimePoint busy_since_;
  std::unique_ptr<sqlite3, Close> handle_;
  std::unordered_map<std::string, StatementHandle> statements_;
};

/// A write transaction that is rolled back unless it was committed.
class OpenTransaction {
 public:
  /// Waits for the write lock as long as the connection's limits allow.
  explicit OpenTransaction(Connection& connection);
  ~OpenTransaction() { rollback(); }
  OpenTransaction(const OpenTransaction&) = delete;
  OpenTransaction& operator=(const OpenTransaction&) = delete;

  /// Throws: Error; outcome_unknown when the disk failed while SQLite committed.
  void commit();
  void rollback() noexcept;

 private:
  Connection& connection_;
};

}  // namespace tidegate::sqlite
