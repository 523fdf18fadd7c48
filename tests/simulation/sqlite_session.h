#pragma once

#include <span>
#include <string>
#include <vector>

#include "simulation/host.h"
#include "simulation/process.h"
#include "tidegate/session.h"

namespace tidegate::simulation {

/// A session as the SQLite driver's: the database is in the process, so that what isn't committed
/// dies with it; one writer at a time; nobody is told of anything.
class SqliteSession : public Session {
 public:
  SqliteSession(Host& host, Process& process);

  void limit_to(TimePoint deadline, std::stop_token stop) override;
  std::vector<ReadResult> read(std::span<const Query> queries) override;
  tidegate::Server server() override { return {}; }
  void subscribe(std::string_view topic) override;
  std::vector<News> wait_for_news(TimePoint until) override;
  void become_migrator() override {}
  Rows execute(const Query& query) override;
  TransactionsResult run(std::span<const tidegate::Transaction> transactions,
                         TransactionListener& listener) override;
  void run_alone(const Script& script, const Statement& statement, std::span<const Guard> guards,
                 TransactionListener& listener) override;

 private:
  Rows call(const std::string& sql, const std::vector<Parameter>& parameters = {});
  void run_one(const tidegate::Transaction& transaction, std::size_t index,
               TransactionListener& listener);

  Host& host_;
  Process& process_;
  Backend backend_;
  std::stop_token stop_;
};

}  // namespace tidegate::simulation
