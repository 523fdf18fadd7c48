#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "lock/heartbeat.h"
#include "lock/lock_protocol.h"
#include "tidegate/session.h"

namespace tidegate {

/// Renews a lease on a session of its own while a statement runs on the holder's, and gives it back
/// at the end. Writes to the lease's table.
///
/// A beat that fails is followed by the next, on a new session: a lease that isn't renewed in time
/// is no reason to stop as long as nobody has taken it.
class LeaseHeart {
 public:
  struct Beats {
    /// Renews the lease. False once it is another replica's.
    std::function<bool(Session& session, const std::string& progress)> renew;
    /// Whether a session that was opened anew is one that beats may go to.
    std::function<bool(Session& session)> fits = [](Session&) { return true; };
    Query give_back;
    std::chrono::milliseconds interval;
    std::chrono::milliseconds limit;  ///< how long one may take
  };

  /// `session` is the first that beats go to, and `parts` opens further ones.
  LeaseHeart(LockParts parts, std::unique_ptr<Session> session, Beats beats);
  /// Waits for a beat that is under way, and a few seconds at most to give the lease back. One that
  /// can't be given back runs out by itself.
  ~LeaseHeart();
  LeaseHeart(const LeaseHeart&) = delete;
  LeaseHeart& operator=(const LeaseHeart&) = delete;

  /// What the next beat says. From any thread.
  void tell(std::string progress) { heartbeat_->tell(std::move(progress)); }

 private:
  void connect();
  void beat(const std::string& progress);
  bool try_to_beat(const std::string& progress);
  bool try_to_give_back() noexcept;

  LockParts parts_;
  std::unique_ptr<Session> session_;  ///< null after a loss, until the next beat
  Beats beats_;
  std::stop_source ending_;
  std::optional<Heartbeat> heartbeat_;  ///< last: it uses the others
};

}  // namespace tidegate
