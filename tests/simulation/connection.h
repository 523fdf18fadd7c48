#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "simulation/host.h"
#include "simulation/pool.h"
#include "simulation/process.h"

namespace tidegate::simulation {

/// One message to the server; without SQL it is a Sync: the end of a burst, up to which everything
/// is skipped after an error.
struct Request {
  std::string sql = {};
  std::vector<Parameter> parameters = {};
};

struct Reply {
  Rows rows;
  std::optional<SqlError> error = {};
  bool skipped = false;
  bool is_sync = false;
};

/// A client's connection to a server with a process behind it, or to a pooler, either of which
/// works through what it was sent whether or not the client is still there.
class Connection {
 public:
  /// `pool` is null where there is no pooler. Throws: Error{unreachable}.
  Connection(Host& host, Pool* pool, Process& process);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Bounds every later call.
  void limit_to(TimePoint deadline, std::stop_token stop);

  /// Hands over a burst; who wants an answer ends it with a Sync. Throws: Error{interrupted} when
  /// it must not.
  void send(std::vector<Request> requests);
  /// The next answer; nothing when the connection is lost.
  std::optional<Reply> receive();
  /// The last word of the server, before it closed the connection.
  const std::string& last_sqlstate() const { return wire_->last_sqlstate; }
  /// Why a call ended early.
  const std::optional<ErrorCode>& ended_by() const { return ended_by_; }
  bool lost() const { return lost_; }
  /// What the server says to be its process's number; a pooler makes one up.
  int backend_pid() const { return wire_->pid; }

  std::vector<News> wait_for_news(TimePoint until);

 private:
  /// What both sides have in their hands; the server's process may outlive the client.
  struct Wire {
    std::string client;
    Pool* pool = nullptr;
    std::unique_ptr<Backend> backend;  ///< null between two transactions of a pooler's client
    std::deque<Request> to_server;
    std::deque<Reply> to_client;
    TimePoint client_gone_at = kNever;  ///< when the other side notices
    bool closed_by_server = false;
    std::string last_sqlstate;
    int pid = 0;
  };

  static void serve(Host& host, const std::shared_ptr<Wire>& wire);
  static bool wait_for_work(Host& host, Wire& wire);
  static bool take_backend(Host& host, Wire& wire);
  static void leave_backend(Wire& wire);
  static bool answer_one(Host& host, Wire& wire, bool& skipping);
  void befall(const Fault& fault);
  bool hears_nothing() const;
  bool has_news() const;

  Host& host_;
  Process& process_;
  std::shared_ptr<Wire> wire_;
  TimePoint deadline_ = kNever;
  std::stop_token stop_;
  std::optional<ErrorCode> ended_by_;
  TimePoint cut_until_ = TimePoint();  ///< when the client notices that it is cut off
  bool cut_ = false;
  bool lost_ = false;
};

}  // namespace tidegate::simulation
