#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "tidegate/clock.h"
#include "tidegate/lock.h"

namespace tidegate {

/// What a lock guards: one history in one database. Histories with other names don't meet.
struct LockName {
  std::string engine;          ///< the driver's name
  std::string database;        ///< the database's name, or its file's path
  std::string history_schema;  ///< empty: wherever the role's search path leads
  std::string history_table;
  std::string holder;  ///< how waiters call us when we hold it
};

/// What a lock is made of. All of it outlives the lock.
struct LockParts {
  Session& session;  ///< the one that migrates
  /// Connects once more to the same database, for protocols that need a second session. From any
  /// thread.
  std::function<std::unique_ptr<Session>(TimePoint deadline, std::stop_token stop)> open_another;
  const Clock& clock;
  std::stop_token stop;
  LockName name;
};

/// One lock protocol: a row of all_locks.cc.
struct LockProtocol {
  std::string_view name;     ///< as `--lock` takes it
  std::string_view engine;   ///< the driver it is for
  std::string_view history;  ///< the kind of history whose migrators take it
  /// Whether what answers keeps what this protocol relies on.
  bool (*trusts)(const Server& server);
  /// Null where Tidegate only watches.
  std::unique_ptr<Lock> (*make_lock)(const LockParts& parts);
  std::unique_ptr<LockView> (*make_view)(const LockName& name);
};

/// Every protocol there is.
std::span<const LockProtocol> all_locks();

/// The protocol `wanted` by name for that engine, history and server, or the first that trusts the
/// server when no name is given.
///
/// Throws: Error{usage} for one that doesn't exist, doesn't fit or couldn't be relied on there,
/// with those that could.
const LockProtocol& lock_protocol(std::string_view wanted, std::string_view engine,
                                  std::string_view history, const Server& server);

}  // namespace tidegate
