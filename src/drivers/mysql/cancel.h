#pragma once

#include <atomic>
#include <memory>

#include "drivers/mysql/url.h"

namespace tidegate::mysql {

/// Asks the server to cancel what a session runs, from a connection of its own and on a thread of
/// its own: the caller never blocks.
class Canceller {
 public:
  /// `host` is the one that the session is on.
  Canceller(ConnectionSettings settings, const Host& host, unsigned long session);

  /// Sends a request unless one is still on its way.
  void request();

  /// Whether no request is on its way. One that is could hit a later statement.
  bool idle() const { return !busy_ || !busy_->load(); }

 private:
  std::shared_ptr<const ConnectionSettings> settings_;
  unsigned long session_;
  std::shared_ptr<std::atomic<bool>> busy_;
};

}  // namespace tidegate::mysql
