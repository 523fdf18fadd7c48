#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tidegate/clock.h"
#include "tidegate/error.h"
#include "tidegate/migration.h"

namespace tidegate {

/// A value sent as a parameter, in the server's text form; nothing means NULL.
using Parameter = std::optional<std::string>;

/// One statement with its parameters, which it names $1, $2, … whatever the engine.
struct Query {
  std::string sql;
  std::vector<Parameter> parameters = {};
};

/// The rows of an answer, every value in text form, kept in one buffer.
class Rows {
 public:
  explicit Rows(std::size_t column_count = 0) : column_count_(column_count) {}

  std::size_t size() const { return column_count_ == 0 ? 0 : cells_.size() / column_count_; }
  bool empty() const { return size() == 0; }
  std::size_t column_count() const { return column_count_; }

  /// The value at a row and column, both counted from 0; nothing means NULL.
  /// The view lives as long as these rows.
  std::optional<std::string_view> at(std::size_t row, std::size_t column) const;
  /// The same as text, NULL as the empty text.
  std::string text(std::size_t row, std::size_t column) const;

  /// Appends the next value, row by row, left to right.
  void add(std::optional<std::string_view> value);

 private:
  struct Cell {
    std::size_t offset;
    std::size_t size_bytes;
    bool null;
  };
  std::size_t column_count_;
  std::string text_;
  std::vector<Cell> cells_;
};

/// What one read of several came to.
using ReadResult = std::variant<Rows, Error>;

/// A message that another session sent on a topic this one subscribed to.
struct News {
  std::string payload;
};

/// What answers, as far as the choice of a lock has to know it.
struct Server {
  enum class Route {
    direct,  ///< every statement runs on one connection of the server's, ours alone
    pooled,  ///< each transaction may run on another one, which others use before and after
  };
  /// Where a lock of the server's own keeps others out.
  enum class Locks { everywhere, nowhere };

  Route route = Route::direct;
  Locks locks = Locks::everywhere;
  std::string product = {};  ///< as it calls itself, for people
};

/// How many connections a server has now, for whoever waits to behave by.
struct Crowd {
  std::size_t connections = 0;  ///< ours among them
  std::size_t limit = 0;        ///< how many this role may find there
  std::size_t waiters = 0;      ///< sessions of Tidegate's among them
};

/// One connection that can only look.
///
/// A driver keeps every call inside `limit_to`: it never blocks past the deadline, whatever the
/// network does, and ends at once with Error{interrupted} when the stop is requested.
/// Between two calls it holds no transaction and no snapshot.
///
/// Threads: one at a time.
class Reader {
 public:
  virtual ~Reader() = default;

  /// Bounds every later call.
  virtual void limit_to(TimePoint deadline, std::stop_token stop) = 0;

  /// Runs reads that don't depend on each other, in one round trip where the engine can, each in a
  /// transaction of its own. A statement that the server refuses is that read's result.
  ///
  /// Writes: nothing. Throws: Error that concerns the session: connection_lost, timed_out, ….
  virtual std::vector<ReadResult> read(std::span<const Query> queries) = 0;

  /// The same, with names meaning what they mean to that statement of a script outside
  /// transactions: with the settings that the statements before it make.
  virtual std::vector<ReadResult> read_as(const Script& /*script*/, const Statement& /*statement*/,
                                          std::span<const Query> queries) {
    return read(queries);
  }

  /// What answers; asked once.
  ///
  /// Writes: nothing. Throws: as `read`.
  virtual Server server() = 0;

  /// The read that tells a `Crowd`: one row of its three numbers in their order. Nothing where
  /// connections aren't counted. Any role may read it.
  virtual std::optional<Query> crowd_read() const { return std::nullopt; }

  /// Asks to be woken for `topic` from now on. Without effect where the engine can't tell (a
  /// standby, a pooler); `wait_for_news` then sleeps its time out.
  virtual void subscribe(std::string_view topic) = 0;

  /// Sleeps until news of a subscribed topic, `until`, or the stop: whichever is first. Returns all
  /// news at hand. May return early with none: the caller looks again anyway.
  ///
  /// Throws: Error{connection_lost} when the connection is seen to be gone.
  virtual std::vector<News> wait_for_news(TimePoint until) = 0;
};

/// A boolean SQL expression that must be true inside a transaction, or nothing of it happens.
struct Guard {
  std::string expression;
  std::vector<Parameter> parameters = {};
  /// Writes what the expression reads, for servers that find only writes in each other's way
  /// (Galera). A driver whose servers don't may leave it out.
  std::string stamp = {};
};

/// What is committed together: a migration's script with its record.
///
/// Order: guards, script, epilogue, commit.
struct Transaction {
  /// Where the commit is: here, or that of the next transaction, which this one is then a part of.
  enum class Commit { here, with_next };

  std::string label;               ///< for the server's own list of sessions: `3/10 20261122_users`
  std::vector<Guard> guards;       ///< one that isn't true ends the run with Error{fenced}
  const Script* script = nullptr;  ///< outlives the call; null when there is only an epilogue
  /// Only this statement of the script, with the settings that those before it make.
  std::optional<std::size_t> statement = {};
  std::vector<Query> epilogue;
  /// How long a statement may wait for another session's lock; nothing means the server's own.
  std::optional<std::chrono::milliseconds> lock_timeout;
  Commit commit = Commit::here;
};

/// Hears how a run goes, in order, while it goes. Indexes count from 0.
class TransactionListener {
 public:
  virtual ~TransactionListener() = default;
  virtual void transaction_started(std::size_t transaction) = 0;
  virtual void statement_started(std::size_t transaction, std::size_t statement) = 0;
  /// Told for each of those that were committed together.
  virtual void committed(std::size_t transaction, std::chrono::microseconds duration) = 0;
  /// A NOTICE or WARNING of the server.
  virtual void notice(std::string_view severity, std::string_view message) = 0;
};

/// How a run of transactions ended.
struct TransactionsResult {
  std::size_t committed_count = 0;  ///< the first so many are committed
  /// Why it ended there. The transaction after the committed ones has left no trace, and none after
  /// it was executed; with outcome_unknown it and those after it may have been committed.
  std::optional<Error> error;
};

/// One connection that may write. The contract that the next driver has to keep; the conformance
/// suite in tests/conformance checks each sentence.
class Session : public Reader {
 public:
  /// Prepares the connection for a run: the server notices our death soon, and no timeout of the
  /// server's ends our statements. Changes this session only; behind a pooler nothing yet, since
  /// the connection isn't ours alone: each transaction then brings its settings along. Sent once,
  /// before the lock.
  virtual void become_migrator() = 0;

  enum class Served { no, yes };

  /// Goes on for another schema of the same database, as if opened for it: what a run has set up or
  /// left behind is gone. No lock may be held. Where it says no, another session must be opened.
  ///
  /// Throws: Error that concerns the session.
  virtual Served serve(const std::string& /*schema*/) { return Served::no; }

  /// Runs one statement by itself and commits it. One that begins a transaction leaves it open; the
  /// caller ends it.
  ///
  /// Throws: Error; outcome_unknown when the connection died before the answer.
  virtual Rows execute(const Query& query) = 0;

  /// Runs `transactions` one after the other, each committed by itself, until the first error.
  /// A driver may send ahead (a pipeline), as long as nothing after a failure is executed.
  /// A migration's SET, ROLE or search_path doesn't outlive its transaction's turn.
  ///
  /// Doesn't throw for what the server says: that is the result's `error`, with the statement's
  /// place.
  virtual TransactionsResult run(std::span<const Transaction> transactions,
                                 TransactionListener& listener) = 0;

  /// Runs one statement of a script outside any transaction (`-- tidegate: no-transaction`). The
  /// guards go with it: where one isn't true, it is not executed, however long we were frozen
  /// before it was sent.
  ///
  /// Throws: Error with the statement's place; Error{fenced}.
  virtual void run_alone(const Script& script, const Statement& statement,
                         std::span<const Guard> guards, TransactionListener& listener) = 0;

  /// Commits `notes` together, transactions without a script, and then does what `run_alone` does
  /// behind the guards of the last. A driver may send all at once, as long as the statement isn't
  /// executed where the notes aren't committed. The listener hears of their commit before the
  /// statement has ended.
  ///
  /// Throws: what `run_alone` does, and what `run` would return for the notes.
  virtual void note_and_run_alone(std::span<const Transaction> notes, const Script& script,
                                  const Statement& statement, TransactionListener& listener);
};

}  // namespace tidegate
