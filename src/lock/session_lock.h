#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lock/advisory_key.h"
#include "lock/lease_table.h"
#include "tidegate/lock.h"
#include "tidegate/session.h"

namespace tidegate {

/// PostgreSQL's advisory lock of the session that migrates: lock and work die together, on one
/// connection. docs/decisions/0003-session-lock.md
class SessionLock final : public Lock {
 public:
  /// `session` outlives this and every lock it hands out.
  SessionLock(Session& session, LockedHistory history, std::string holder = {});

  /// One statement, which never waits and leaves no snapshot behind. Where replicas have migrated
  /// through a pooler before, the epoch is raised too, so that none of them can go on.
  ///
  /// Throws: Error{read_only} on a standby, where every replica would get it; Error{blocked} where
  /// the server says that it gave the lock and doesn't hold it.
  std::unique_ptr<HeldLock> try_acquire() override;

 private:
  bool raise_epoch();

  Session& session_;
  LockedHistory history_;
  LeaseTable leases_;
  std::string holder_;
};

/// What a standby is refused with.
Error standby_error();

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
