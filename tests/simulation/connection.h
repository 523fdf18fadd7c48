#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "simulation/process.h"
#include "simulation/server.h"

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

/// A client's connection to a server with a process behind it, which works through what it was
/// sent whether or not the client is still there.
class Connection {
 public:
  /// Throws: Error{unreachable}.
  Connection(Server& server, Process& process);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Bounds every later call.
  void limit_to(TimePoint deadline, std::stop_token stop);
  /// The server ends us when we are silent for so long.
  void set_idle_limit(std::chrono::milliseconds limit) { wire_->idle_limit = limit; }

  /// Hands over a burst, and ends it with a Sync. Throws: Error{interrupted} when it must not.
  void send(std::vector<Request> requests);
  /// The next answer; nothing when the connection is lost.
  std::optional<Reply> receive();
  /// The last word of the server, before it closed the connection.
  const std::string& last_sqlstate() const { return wire_->last_sqlstate; }
  /// Why a call ended early.
  const std::optional<ErrorCode>& ended_by() const { return ended_by_; }
  bool lost() const { return lost_; }
  void drop() { lost_ = true; }

  std::vector<News> wait_for_news(TimePoint until);

 private:
  /// What both sides have in their hands; the server's process may outlive the client.
  struct Wire {
    explicit Wire(Server& server, std::string client) : backend(server, std::move(client)) {}
    Backend backend;
    std::deque<Request> to_server;
    std::deque<Reply> to_client;
    std::chrono::milliseconds idle_limit{0};  ///< 0: none
    TimePoint client_gone_at = kNever;        ///< when the server notices
    bool closed_by_server = false;
    std::string last_sqlstate;
  };

  static void serve(const std::shared_ptr<Wire>& wire);
  static bool answer_one(Wire& wire, bool& skipping);
  void befall(const Fault& fault);
  bool hears_nothing() const;

  Server& server_;
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
