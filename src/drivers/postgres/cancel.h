#pragma once

#include <libpq-fe.h>

#include <atomic>
#include <memory>

namespace tidegate::postgres {

/// Asks the server to cancel what a connection runs, without ever blocking the caller.
///
/// libpq's PQcancel opens a connection of its own with a blocking connect(), which takes minutes
/// when packets are dropped. So each request runs on a thread of its own, at most one at a time.
class Canceller {
 public:
  /// Sends a request unless one is still on its way.
  void request(PGconn* connection);

  /// Whether no request is on its way. One that is could hit a later statement.
  bool idle() const { return !busy_ || !busy_->load(); }

 private:
  std::shared_ptr<std::atomic<bool>> busy_;
};

}  // namespace tidegate::postgres
