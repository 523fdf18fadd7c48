#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/postgres/answer.h"
#include "drivers/postgres/connection.h"
#include "drivers/postgres/prepared.h"
#include "drivers/postgres/settings.h"
#include "tidegate/driver.h"
#include "tidegate/session.h"

namespace tidegate::postgres {

/// One connection to PostgreSQL. Each contract stands in tidegate/session.h.
class PostgresSession final : public Session {
 public:
  PostgresSession(const DatabaseUrl& url, const ConnectOptions& options)
      : PostgresSession(settings_of(url.text), options) {}
  PostgresSession(const ConnectionSettings& settings, const ConnectOptions& options);

  void limit_to(TimePoint deadline, std::stop_token stop) override;
  std::vector<ReadResult> read(std::span<const Query> queries) override;
  std::vector<ReadResult> read_as(const Script& script, const Statement& statement,
                                  std::span<const Query> queries) override;
  Server server() override;
  std::optional<Query> crowd_read() const override;
  void subscribe(std::string_view topic) override;
  std::vector<News> wait_for_news(TimePoint until) override;

  void become_migrator() override;
  Served serve(const std::string& schema) override;
  Rows execute(const Query& query) override;
  TransactionsResult run(std::span<const Transaction> transactions,
                         TransactionListener& listener) override;
  void run_alone(const Script& script, const Statement& statement, std::span<const Guard> guards,
                 TransactionListener& listener) override;

 private:
  enum class Syncs { behind_each, behind_all };
  std::vector<ReadResult> read_pipelined(std::span<const Query> queries,
                                         Syncs syncs = Syncs::behind_each);
  std::vector<ReadResult> read_one_by_one(std::span<const Query> queries);
  void throw_unless_read(const std::vector<ReadResult>& results) const;
  Answer send_alone(const Query& query, const Reading& reading);
  Answer send_fenced(std::span<const Query> fence, const std::string& sql, const Reading& reading);
  [[noreturn]] void throw_refused(Error error);
  Rows begin_with_settings(const Query& begin);
  std::vector<News> take_news();
  void refuse_behind_pooler(const Script& script, const Statement& statement) const;
  void be_pooled();
  bool keep_those_known(const std::vector<Setting>& wanted);
  void restore_settings();
  void settle();

  Connection connection_;
  Settings settings_;
  PreparedStatements prepared_;
  std::string application_name_;
  std::optional<Server> server_;  ///< nothing as long as nobody had to know
  enum class Role { looks, migrates };
  Role role_ = Role::looks;
  /// The tenant's search path travels with the first request, so that it costs no round trip.
  bool search_path_pending_;
  /// Statements outside transactions may have changed settings since they were last made.
  bool unsettled_ = false;
};

}  // namespace tidegate::postgres
