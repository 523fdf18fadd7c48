#pragma once

#include <memory>

#include "lock/lease_table.h"
#include "lock/lock_protocol.h"
#include "tidegate/lock.h"

namespace tidegate {

/// A row with a holder, its epoch and a heartbeat on the database's own clock, for servers whose
/// locks keep nobody out, or not on each node. Relies on transactions alone: who raises the epoch
/// waits for the last holder's transactions, and later ones can't commit.
///
/// A second session of the holder's renews the lease while a statement runs. The clocks of the
/// replicas don't matter. docs/decisions/0011-lease.md
class LeaseLock final : public Lock {
 public:
  explicit LeaseLock(LockParts parts);

  /// Takes the lease if there is none or it has run out. Makes its table if it is absent.
  std::unique_ptr<HeldLock> try_acquire() override;

 private:
  LockParts parts_;
  LeaseTable leases_;
};

/// Sees who holds the lease.
std::unique_ptr<LockView> make_lease_view(const LockName& name);

}  // namespace tidegate
