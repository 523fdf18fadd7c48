#pragma once

#include <memory>

#include "lock/lease_table.h"
#include "lock/lock_protocol.h"
#include "tidegate/lock.h"

namespace tidegate {

/// PostgreSQL's advisory lock of a transaction on a guard session, for use behind a pooler that
/// hands its connections on between transactions. The work is on the migrating session, fenced by
/// the epoch. docs/decisions/0010-behind-a-pooler.md
///
/// It meets the session lock: replicas behind the pooler and replicas beside it keep each other
/// out.
class TransactionLock final : public Lock {
 public:
  explicit TransactionLock(LockParts parts);

  /// Opens the guard session with the first try; it is kept for the next ones. A guard that holds
  /// the lock is in a transaction without a snapshot, so `CREATE INDEX CONCURRENTLY` passes it.
  ///
  /// Throws: Error{read_only} on a standby; Error{unreachable} when the pooler has no second
  /// connection of the server's for the work.
  std::unique_ptr<HeldLock> try_acquire() override;

 private:
  struct Place;

  Session& guard();
  Place lock_guard();
  Lease lease();

  LockParts parts_;
  LeaseTable leases_;
  std::unique_ptr<Session> guard_;
};

}  // namespace tidegate
