#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

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

/// One lock protocol: a row of all_locks.cc.
struct LockProtocol {
  std::string_view name;     ///< as `--lock` takes it
  std::string_view engine;   ///< the driver it is for
  std::string_view history;  ///< the kind of history whose migrators take it
  /// Null where Tidegate only watches.
  std::unique_ptr<Lock> (*make_lock)(Session& session, const LockName& name);
  std::unique_ptr<LockView> (*make_view)(const LockName& name);
};

/// Every protocol there is; the first that fits an engine and a history is the usual one.
std::span<const LockProtocol> all_locks();

/// The protocol `wanted` by name, or the usual one when it is empty.
///
/// Throws: Error{usage} for one that doesn't exist or doesn't fit, with those that do.
const LockProtocol& lock_protocol(std::string_view wanted, std::string_view engine,
                                  std::string_view history);

}  // namespace tidegate
