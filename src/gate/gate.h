#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "tidegate/clock.h"
#include "tidegate/database.h"
#include "tidegate/gate.h"
#include "tidegate/history.h"
#include "tidegate/lock.h"
#include "tidegate/reporter.h"
#include "tidegate/session.h"

namespace tidegate {

/// What a gate looks with. There is nothing in it that could write.
struct GateParts {
  /// Connects, before the deadline or not at all.
  std::function<std::unique_ptr<Reader>(TimePoint deadline)> connect;
  const HistoryReader& history;
  /// What sees the holder of the lock that migrators take there.
  std::function<std::unique_ptr<LockView>(const Server&)> make_view;
  Reporter& reporter;
  const Clock& clock;
  std::stop_token stop;
  std::string target;  ///< for events
};

/// Looks until what a build needs is there.
///
/// Writes and locks nothing, and holds no transaction between two looks. Keeps one connection while
/// it waits, and none after an error or at a server that is short of them.
/// Threads: one at a time.
class Gate {
 public:
  explicit Gate(GateParts parts) : parts_(std::move(parts)) {}

  enum class Depth { history, history_and_lock };

  /// Looks once, up to `deadline`.
  Look look(TimePoint deadline, Depth depth = Depth::history_and_lock);

  /// Looks until the verdict is open, final, or the time is over. Returns the last state.
  ///
  /// Throws: Error{interrupted} when the stop is requested.
  GateState wait(const MigrationSet& set, const WaitOptions& options);

 private:
  enum class Then { look_again, end };
  void tell(const GateState& state, TimePoint started, Then then);
  void pause(const GateState& state, TimePoint until);
  std::optional<Holder> holder_behind(const Error& error) const;
  void subscribe();
  const LockView& view();

  GateParts parts_;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<LockView> view_;
  bool subscribed_ = false;
  std::string schema_;  ///< where the last look found the history
};

}  // namespace tidegate
