#pragma once

#include <memory>
#include <optional>

#include "lock/lock_protocol.h"
#include "lock/mysql_lease_table.h"
#include "tidegate/lock.h"

namespace tidegate {

/// A lease for clusters, where a lock by name is known to one node only. A second session of the
/// holder's renews it while a statement runs. docs/decisions/0017-mysql.md
///
/// A definition change stops the cluster's writes, the holder's heartbeat among them, and the
/// nodes' clocks needn't agree. So a lease whose time is over is watched for a while before it is
/// taken: who lives shows it in between.
class MysqlLeaseLock final : public Lock {
 public:
  explicit MysqlLeaseLock(LockParts parts);

  /// Takes the lease if there is none, or one that ran out and isn't renewed. Makes its table if it
  /// is absent.
  std::unique_ptr<HeldLock> try_acquire() override;

 private:
  /// A lease that seemed to be over, and since when it has been as it was.
  struct Watched {
    std::int64_t epoch = 0;
    std::string beat;
    TimePoint since;
  };

  std::unique_ptr<Session> open_heart(const std::string& node);
  std::unique_ptr<HeldLock> try_now();
  bool may_take(const MysqlLease& seen);
  MysqlLease look_at_all();

  LockParts parts_;
  MysqlLeaseTable leases_;
  std::optional<Watched> watched_;
};

/// Sees who holds the lease.
std::unique_ptr<LockView> make_mysql_lease_view(const LockName& name);

}  // namespace tidegate
