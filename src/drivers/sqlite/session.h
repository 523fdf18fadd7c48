#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "drivers/sqlite/connection.h"
#include "drivers/sqlite/foreign_keys.h"
#include "drivers/sqlite/watcher.h"
#include "tidegate/driver.h"

namespace tidegate::sqlite {

/// One connection that migrates a database file.
///
/// A setting that a script leaves on the connection (a PRAGMA, ATTACH, a TEMP table) doesn't reach
/// what follows: the connection is opened anew.
class SqliteSession : public Session {
 public:
  /// Throws: as Connection.
  SqliteSession(const DatabaseUrl& url, const ConnectOptions& options);

  void limit_to(TimePoint deadline, std::stop_token stop) override;
  std::vector<ReadResult> read(std::span<const Query> queries) override;
  Server server() override { return {.product = "SQLite"}; }
  void subscribe(std::string_view topic) override;
  std::vector<News> wait_for_news(TimePoint until) override;

  /// Nothing to do: a dead process holds no lock of SQLite's, and no server ends our statements.
  void become_migrator() override {}
  Rows execute(const Query& query) override;
  TransactionsResult run(std::span<const Transaction> transactions,
                         TransactionListener& listener) override;
  void run_alone(const Script& script, const Statement& statement, std::span<const Guard> guards,
                 TransactionListener& listener) override;

 private:
  enum class Tell { no, yes };

  Connection& connection();
  void run_group(std::span<const Transaction> transactions, std::size_t first,
                 TransactionListener& listener);
  bool try_once(std::span<const Transaction> transactions, std::size_t first, Tell tell,
                TransactionListener& listener);
  void execute_in(Connection& connection, const Transaction& transaction,
                  const std::function<void(std::size_t)>& statement_started);
  void drop_leaks();

  OpenedFile file_;
  Limits limits_;
  Watcher watcher_;
  ForeignKeys foreign_keys_;
  ScriptLog log_;  ///< of the script that ran last
  std::unique_ptr<Connection> connection_;
};

}  // namespace tidegate::sqlite
