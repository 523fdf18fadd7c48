#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tidegate/lock.h"
#include "tidegate/session.h"

namespace tidegate {

/// What a lock protects: one history. Two histories in one database don't block each other.
struct LockedHistory {
  std::string schema;  ///< empty: wherever the search path finds the table, or would make it
  std::string table;
};

/// PostgreSQL's advisory lock of the session that migrates: lock and work die together, on one
/// connection. docs/decisions/0003-session-lock.md
class SessionLock final : public Lock {
 public:
  /// `session` outlives this and every lock it hands out.
  SessionLock(Session& session, LockedHistory history);

  /// One statement, which never waits and leaves no snapshot behind.
  ///
  /// Throws: Error{read_only} on a standby, where every replica would get it.
  std::unique_ptr<HeldLock> try_acquire() override;

 private:
  Session& session_;
  LockedHistory history_;
};

/// Sees who holds a SessionLock, with the rights of anybody.
class SessionLockView final : public LockView {
 public:
  explicit SessionLockView(LockedHistory history);

  std::vector<Query> reads() const override;
  std::optional<Holder> holder(std::span<const ReadResult> results) const override;

 private:
  LockedHistory history_;
};

}  // namespace tidegate
