#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "simulation/scheduler.h"
#include "simulation/sql_syntax.h"
#include "simulation/tables.h"
#include "tidegate/session.h"

namespace tidegate::simulation {

class Backend;

/// Which server it is: how it locks, and what it sends when.
enum class Engine { postgres, sqlite };

/// One database server in memory: sessions, tables, advisory locks, notifications.
class Host {
 public:
  Host(Scheduler& scheduler, Engine engine) : scheduler_(scheduler), engine_(engine) {}

  Scheduler& scheduler() { return scheduler_; }
  Engine engine() const { return engine_; }
  Tables& tables() { return tables_; }
  std::int64_t now_ms() const;

  const SqlStatement& parsed(const std::string& sql);

  /// A protocol step taken out of what our code sends: the first text is replaced by the second.
  void change_sql(std::string from, std::string to) { changes_.emplace_back(from, to); }

  struct AdvisoryLock {
    Backend* holder = nullptr;
    int count = 0;
    bool of_transaction = false;
  };
  std::map<std::int64_t, AdvisoryLock>& advisory_locks() { return advisory_locks_; }
  std::vector<Backend*>& backends() { return backends_; }
  int next_pid() { return ++last_pid_; }

  /// All sessions end, nothing that wasn't committed is left, and nobody gets in until then.
  void restart(TimePoint back_at);
  TimePoint back_at() const { return back_at_; }
  bool is_up() const { return scheduler_.now() >= back_at_; }

  /// Called at each commit, before it.
  std::function<void(Backend&)> before_commit;
  /// Told what is done, for a trace.
  std::function<void(const std::string&)> tell;

 private:
  Scheduler& scheduler_;
  Engine engine_;
  Tables tables_;
  std::unordered_map<std::string, const SqlStatement*> parsed_;
  std::vector<std::pair<std::string, std::string>> changes_;
  std::map<std::int64_t, AdvisoryLock> advisory_locks_;
  std::vector<Backend*> backends_;
  TimePoint back_at_ = TimePoint();
  int last_pid_ = 100;
};

/// The server's side of one session: executes its statements.
class Backend {
 public:
  Backend(Host& host, std::string client);
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  /// Executes one statement, in the open transaction or one of its own. Blocks while another
  /// session's lock is in the way.
  ///
  /// Throws: SqlError.
  Rows execute(const std::string& sql, const std::vector<Parameter>& parameters);
  void roll_back();
  /// The session is over: what it held is let go.
  void end();

  /// A statement that takes its time.
  void sleep(std::chrono::milliseconds duration);
  /// Ends another session; whether there was one.
  bool terminate(std::int64_t pid);
  /// `local`: until the transaction ends.
  void set_config(const std::string& name, const std::string& value, bool local);
  void reset_settings() { settings_ = {{"application_name", "tidegate " + client_}}; }
  std::string setting(const std::string& name) const;
  /// A setting that is a time: `20s`, `500ms`; 0 where it isn't set.
  std::chrono::milliseconds time_setting(const std::string& name) const;

  /// Waits until nobody is in the way any more. Throws: SqlError when it may not go on.
  void wait_until_free(const std::function<const ServerTransaction*()>& in_the_way);

  Host& host() { return host_; }
  ServerTransaction& transaction() { return transaction_; }
  int pid() const { return pid_; }
  const std::string& client() const { return client_; }
  bool holds_advisory_lock() const;

  /// A number that no other transaction ever has.
  std::string virtual_transaction() const;
  /// Behind a pooler, who uses it now.
  void used_by(std::string client) {
    client_ = std::move(client);
    settings_["application_name"] = "tidegate " + client_;
  }

  std::vector<std::string> topics;
  std::vector<News> news;
  bool busy = false;      ///< a statement is being executed
  bool in_burst = false;  ///< its Sync has not come yet
  std::string last_sql;   ///< the one at work, or the last
  bool cancel_requested = false;
  bool terminated = false;               ///< it must not execute anything more
  std::function<bool()> client_is_gone;  ///< as far as the server can see

 private:
  enum class Of { transaction, session };
  void commit();
  void finish_transaction();
  void release_advisory_locks(Of whose);
  void begin(const SqlStatement& statement);
  bool is_over() const;
  void throw_if_over() const;
  bool waits_in_a_circle(const ServerTransaction* first) const;
  Rows execute_parsed(const SqlStatement& statement, const std::vector<Parameter>& parameters);

  Host& host_;
  std::string client_;
  int pid_;
  ServerTransaction transaction_;
  std::map<std::string, std::string> settings_;
  std::map<std::string, std::string> local_settings_;  ///< until the transaction ends
  std::int64_t transaction_count_ = 0;
};

}  // namespace tidegate::simulation
