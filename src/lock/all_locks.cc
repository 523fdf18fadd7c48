#include <fmt/format.h>

#include <array>

#include "lock/ecto_lock_view.h"
#include "lock/file_lock.h"
#include "lock/lease_lock.h"
#include "lock/lock_protocol.h"
#include "lock/mysql_lease_lock.h"
#include "lock/mysql_session_lock.h"
#include "lock/session_lock.h"
#include "lock/transaction_lock.h"
#include "tidegate/error.h"

namespace tidegate {

namespace {

LockedHistory history_of(const LockName& name) { return {name.history_schema, name.history_table}; }

std::unique_ptr<Lock> make_session_lock(const LockParts& parts) {
  return std::make_unique<SessionLock>(parts.session, history_of(parts.name), parts.name.holder);
}

std::unique_ptr<LockView> make_advisory_view(const LockName& name) {
  return std::make_unique<SessionLockView>(history_of(name));
}

std::unique_ptr<Lock> make_transaction_lock(const LockParts& parts) {
  return std::make_unique<TransactionLock>(parts);
}

std::unique_ptr<Lock> make_lease_lock(const LockParts& parts) {
  return std::make_unique<LeaseLock>(parts);
}

std::unique_ptr<Lock> make_mysql_session_lock(const LockParts& parts) {
  return std::make_unique<MysqlSessionLock>(parts.session, parts.name);
}

std::unique_ptr<Lock> make_mysql_lease_lock(const LockParts& parts) {
  return std::make_unique<MysqlLeaseLock>(parts);
}

FileLockName file_of(const LockName& name) { return {name.database, name.history_table}; }

std::unique_ptr<Lock> make_file_lock(const LockParts& parts) {
  return std::make_unique<FileLock>(file_of(parts.name), parts.name.holder);
}

std::unique_ptr<LockView> make_file_view(const LockName& name) {
  return std::make_unique<FileLockView>(file_of(name));
}

bool any(const Server&) { return true; }

bool keeps_locks(const Server& server) { return server.locks == Server::Locks::everywhere; }

bool keeps_sessions_and_locks(const Server& server) {
  return keeps_locks(server) && server.route == Server::Route::direct;
}

constexpr std::array kLocks{
    LockProtocol{"session", "postgres", "native", keeps_sessions_and_locks, make_session_lock,
                 make_advisory_view},
    LockProtocol{"transaction", "postgres", "native", keeps_locks, make_transaction_lock,
                 make_advisory_view},
    LockProtocol{"lease", "postgres", "native", any, make_lease_lock, make_lease_view},
    LockProtocol{"session", "mysql", "native", keeps_sessions_and_locks, make_mysql_session_lock,
                 make_mysql_session_view},
    LockProtocol{"lease", "mysql", "native", any, make_mysql_lease_lock, make_mysql_lease_view},
    LockProtocol{"file", "sqlite", "native", any, make_file_lock, make_file_view},
    LockProtocol{"ecto", "postgres", "ecto", any, nullptr, make_ecto_lock_view},
    LockProtocol{"none", "mysql", "ecto", any, nullptr, make_blind_view},
    LockProtocol{"none", "sqlite", "ecto", any, nullptr, make_blind_view},
};

Error unfit_error(std::string_view wanted, std::string_view engine, std::string_view history,
                  const std::string& fitting) {
  return {ErrorCode::usage,
          fmt::format("there is no lock '{}' for {} with a {} history", wanted, engine, history),
          fmt::format("use one of: {}; or leave out --lock", fitting)};
}

Error untrusted_error(std::string_view wanted, const Server& server, const std::string& fitting) {
  const bool pooled = server.route == Server::Route::pooled;
  return {ErrorCode::usage,
          fmt::format("the lock '{}' can't be relied on {}", wanted,
                      pooled ? "behind a pooler" : "with " + server.product),
          fmt::format("use one of: {}; or leave out --lock", fitting)};
}

}  // namespace

std::span<const LockProtocol> all_locks() { return kLocks; }

const LockProtocol& lock_protocol(std::string_view wanted, std::string_view engine,
                                  std::string_view history, const Server& server) {
  std::string fitting;
  bool known = false;
  for (const LockProtocol& protocol : kLocks) {
    if (protocol.engine != engine || protocol.history != history) continue;
    known = known || wanted == protocol.name;
    if (!protocol.trusts(server)) continue;
    if (wanted.empty() || wanted == protocol.name) return protocol;
    fitting += fitting.empty() ? "" : ", ";
    fitting += protocol.name;
  }
  if (known) throw untrusted_error(wanted, server, fitting);
  throw unfit_error(wanted, engine, history, fitting);
}

}  // namespace tidegate
