#include <fmt/format.h>

#include <array>

#include "lock/ecto_lock_view.h"
#include "lock/file_lock.h"
#include "lock/lock_protocol.h"
#include "lock/session_lock.h"
#include "tidegate/error.h"

namespace tidegate {

namespace {

std::unique_ptr<Lock> make_session_lock(Session& session, const LockName& name) {
  return std::make_unique<SessionLock>(session,
                                       LockedHistory{name.history_schema, name.history_table});
}

std::unique_ptr<LockView> make_session_view(const LockName& name) {
  return std::make_unique<SessionLockView>(LockedHistory{name.history_schema, name.history_table});
}

std::unique_ptr<Lock> make_file_lock(Session&, const LockName& name) {
  return std::make_unique<FileLock>(FileLockName{name.database, name.history_table}, name.holder);
}

std::unique_ptr<LockView> make_file_view(const LockName& name) {
  return std::make_unique<FileLockView>(FileLockName{name.database, name.history_table});
}

constexpr std::array kLocks{
    LockProtocol{"session", "postgres", "native", make_session_lock, make_session_view},
    LockProtocol{"file", "sqlite", "native", make_file_lock, make_file_view},
    LockProtocol{"ecto", "postgres", "ecto", nullptr, make_ecto_lock_view},
    LockProtocol{"none", "sqlite", "ecto", nullptr, make_blind_view},
};

}  // namespace

std::span<const LockProtocol> all_locks() { return kLocks; }

const LockProtocol& lock_protocol(std::string_view wanted, std::string_view engine,
                                  std::string_view history) {
  std::string fitting;
  for (const LockProtocol& protocol : kLocks) {
    if (protocol.engine != engine || protocol.history != history) continue;
    if (wanted.empty() || wanted == protocol.name) return protocol;
    fitting += fitting.empty() ? "" : ", ";
    fitting += protocol.name;
  }
  throw Error(
      ErrorCode::usage,
      fmt::format("there is no lock '{}' for {} with a {} history", wanted, engine, history),
      fmt::format("use one of: {}; or leave out --lock", fitting));
}

}  // namespace tidegate
