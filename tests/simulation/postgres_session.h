#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "drivers/postgres/items.h"
#include "drivers/postgres/settings.h"
#include "simulation/connection.h"
#include "tidegate/session.h"

namespace tidegate::simulation {

/// A session as the PostgreSQL driver's, over a simulated connection. What is sent in a run is made
/// by the driver's own `Items`; how its answers are understood follows its `PipelinedRun`.
class PostgresSession : public Session {
 public:
  struct Options {
    std::size_t burst_size = 1000;  ///< statements sent ahead before their answers are waited for
    std::size_t piece_size = 1000;  ///< of these between two Syncs
    Pool* pool = nullptr;           ///< null where there is no pooler
    tidegate::Server::Locks locks = tidegate::Server::Locks::everywhere;
    bool keeps_settings_together = true;
    bool proves_each_piece = true;
    bool ends_when_idle = true;  ///< a migrator's own session: when nothing is heard of it
  };

  /// Throws: Error{unreachable}.
  PostgresSession(Host& host, Process& process, Options options);

  void limit_to(TimePoint deadline, std::stop_token stop) override;
  std::vector<ReadResult> read(std::span<const Query> queries) override;
  tidegate::Server server() override;
  void subscribe(std::string_view topic) override;
  std::vector<News> wait_for_news(TimePoint until) override;
  void become_migrator() override;
  Rows execute(const Query& query) override;
  TransactionsResult run(std::span<const tidegate::Transaction> transactions,
                         TransactionListener& listener) override;
  void run_alone(const Script& script, const Statement& statement, std::span<const Guard> guards,
                 TransactionListener& listener) override;

 private:
  Reply send_alone(const Query& query, ErrorCode when_lost);
  Reply send_fenced(const std::vector<Query>& fence, const std::string& sql);
  Error lost(ErrorCode code) const;
  void tell_frozen(Error& error) const;

  Process& process_;
  Connection connection_;
  postgres::Settings settings_;
  std::string application_name_;
  Options options_;
  bool migrates_ = false;
};

}  // namespace tidegate::simulation
