#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "drivers/mysql/url.h"

namespace tidegate::mysql {

/// SQL for what tells one server from another.
inline constexpr std::string_view kThisServer = "CONCAT_WS(' ', @@hostname, @@port, @@server_id)";

/// Asks the server to cancel what a session runs, from a connection of its own and on a thread of
/// its own: the caller never blocks.
class Canceller {
 public:
  /// `host` is the one that the session is on.
  Canceller(ConnectionSettings settings, const Host& host, unsigned long session);

  /// What `kThisServer` is where the session is. Without it, nothing is sent.
  void only_on(std::string server);

  /// Sends a request unless one is still on its way.
  void request();

  /// Whether no request is on its way. One that is could hit a later statement.
  bool idle() const { return !busy_ || !busy_->load(); }

 private:
  std::shared_ptr<const ConnectionSettings> settings_;
  unsigned long session_;
  std::string server_;
  std::shared_ptr<std::atomic<bool>> busy_;
};

}  // namespace tidegate::mysql
