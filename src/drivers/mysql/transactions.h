#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "drivers/mysql/connection.h"
#include "drivers/mysql/session.h"
#include "tidegate/session.h"

namespace tidegate::mysql {

/// The guard as a statement that the server refuses when it isn't true: two rows where one may be.
std::string refused_unless(const std::string& condition);
std::string refused_unless(const Guard& guard);

/// Runs transactions: what is ours in as few packets as there can be, a script's statements one by
/// one.
///
///     [BEGIN, savepoint, guards] script… [guards, proof, record, COMMIT, BEGIN, …] script… […]
///
/// The proof that the transaction is still the one that was begun is its savepoint: a statement
/// that commits by itself takes it along. The guards stand twice since a script can let go of the
/// lock.
class TransactionRun {
 public:
  /// Those from `first` on.
  TransactionRun(MysqlSession& session, std::span<const Transaction> transactions,
                 std::size_t first, TransactionListener& listener);

  TransactionsResult run();

 private:
  using Instant = std::chrono::steady_clock::time_point;

  /// What one of our statements is for.
  enum class Purpose { begin, guard, intact, record, commit };
  struct Item {
    Purpose purpose;
    std::size_t transaction;
    std::string sql;
    std::string shown = {};
  };

  void add(Purpose purpose, std::string sql, std::string shown = {});
  void add_begin();
  enum class Stamped { no, yes };
  void add_guards(Stamped stamped);
  void add_end();
  void run_script();
  void run_code(const Script& script);
  void run_statement(const Script& script, const Statement& statement);
  void flush();
  void take(const Item& item, const Answer& answer);
  void commit_done(std::size_t transaction);
  [[noreturn]] void fail(const Item& item, const ServerWords& words);
  [[noreturn]] void fail_lost(std::size_t unanswered_commits);
  Error stopped_error() const;
  const Transaction& current() const { return transactions_[index_]; }
  bool is_part_of_earlier() const;
  bool commits_here() const;

  MysqlSession& session_;
  std::span<const Transaction> transactions_;
  TransactionListener& listener_;
  std::size_t index_ = 0;
  std::vector<Item> items_;  ///< not sent yet
  std::size_t size_bytes_ = 0;
  std::vector<Instant> started_at_;  ///< of the started ones that aren't committed
  TransactionsResult result_;
};

}  // namespace tidegate::mysql
