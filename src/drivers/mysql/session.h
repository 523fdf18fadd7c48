#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/mysql/connection.h"
#include "drivers/mysql/settings.h"
#include "tidegate/driver.h"
#include "tidegate/session.h"

namespace tidegate::mysql {

/// One connection to MySQL or MariaDB. Each contract stands in tidegate/session.h.
///
/// What is ours goes several statements to a packet, a script's statements one each: a text that
/// turns out to be two statements is refused by the server before anything of it has run.
class MysqlSession final : public Session {
 public:
  /// What a read of a cluster's node sees: all that was committed anywhere when it was asked, or
  /// what has come to that node. A migrator is content with the latter until it has the lock, and
  /// has waited for the former once it has it: its commit stands behind all that was before.
  enum class Sees { everything, its_node };

  MysqlSession(const ConnectionSettings& settings, const ConnectOptions& options, Sees sees);

  void limit_to(TimePoint deadline, std::stop_token stop) override;
  std::vector<ReadResult> read(std::span<const Query> queries) override;
  std::vector<ReadResult> read_as(const Script& script, const Statement& statement,
                                  std::span<const Query> queries) override;
  Server server() override;
  std::optional<Query> crowd_read() const override;
  void subscribe(std::string_view topic) override;
  std::vector<News> wait_for_news(TimePoint until) override;

  void become_migrator() override;
  Rows execute(const Query& query) override;
  TransactionsResult run(std::span<const Transaction> transactions,
                         TransactionListener& listener) override;
  void run_alone(const Script& script, const Statement& statement, std::span<const Guard> guards,
                 TransactionListener& listener) override;
  void note_and_run_alone(std::span<const Transaction> notes, const Script& script,
                          const Statement& statement, TransactionListener& listener) override;

 private:
  friend class TransactionRun;
  enum class Role { looks, migrates };

  void look_at_cluster(Connection& connection);
  void ask_or_throw(const std::string& sql);
  std::vector<ReadResult> read_all(std::span<const Query> queries);
  std::size_t read_from(std::span<const Query> queries, std::vector<ReadResult>& results);
  void check_node(const std::vector<Answer>& answers) const;
  [[noreturn]] void throw_lost(ErrorCode when_lost) const;
  Error stopped() const;
  void tell_frozen(Error& error) const;

  // What a script sets.
  void remember_settings();
  void restore_settings();
  void take_settings_before(const Script& script, const Statement& statement);
  std::string lock_timeout_sql(std::optional<std::chrono::milliseconds> wanted);

  std::optional<Answer> ask_statement(const Script& script, const Statement& statement);
  /// What is ours in front of a script's statement, and what to do once that is committed.
  struct Preamble {
    std::vector<std::string> statements;
    std::function<void()> committed;
  };
  void run_behind(const Preamble& ours, const Script& script, const Statement& statement,
                  TransactionListener& listener);
  std::optional<Answer> ask_behind(const Preamble& ours, const Script& script,
                                   const Statement& statement);
  std::size_t take_ours(const std::vector<Answer>& answers, std::size_t count);
  void tell_warnings(TransactionListener& listener);

  Sees sees_;
  Role role_ = Role::looks;
  bool clustered_ = false;
  bool pooled_ = false;
  Settings settings_;         ///< before any script changed them, where one may have
  bool unsettled_ = false;    ///< a script's settings may be in force
  std::string alone_script_;  ///< the file whose settings they are
  std::optional<std::chrono::seconds> lock_timeout_;  ///< in force; nothing where unknown
  Connection connection_;                             ///< last: it is looked at while it is made
};

}  // namespace tidegate::mysql
