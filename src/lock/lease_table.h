#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "lock/advisory_key.h"
#include "tidegate/session.h"

namespace tidegate {

/// What a look at the lease found.
struct Lease {
  std::string table;  ///< with its schema, whatever search path a migration leaves behind
  std::int64_t epoch = 0;
  bool live = false;     ///< somebody's heartbeat is fresh, by the database's own clock
  std::string holder;    ///< who raised the epoch last
  std::string since;     ///< UTC, RFC 3339
  std::string progress;  ///< as of the last heartbeat
};

/// The table in which holders of a lock are counted: each raises the epoch, and a transaction of
/// an earlier one can't commit any more. It stands beside the history, in two rows.
///
/// | id | epoch | what for |
/// |---|---|---|
/// | 1 | of the last holder | locked by each transaction of the run: raising it waits for them |
/// | 2 | whose heartbeat it is | until when that holder has the lease; null without a lease |
///
/// They are two so that a heartbeat never waits for a transaction of the run.
class LeaseTable {
 public:
  explicit LeaseTable(const LockedHistory& history);

  /// The table's name for `to_regclass`.
  const std::string& name() const { return table_; }

  /// Makes the table if it is absent; who loses the race for it, has it too.
  ///
  /// Writes: the table, and the history's schema where that is absent. Throws: Error.
  void create(Session& session) const;

  /// Reads the lease: an error where there is no table yet.
  Query read() const;
  /// What `read` came to; nothing where there is no table.
  std::optional<Lease> lease(const ReadResult& result) const;

  /// Raises the epoch from the one that was seen, if nobody's lease is live then. `duration` is
  /// until when the first heartbeat must come; nothing where a lock says that we live.
  /// Returns the lease with its new epoch, or nothing where somebody was faster or a transaction of
  /// the last holder is still at work.
  ///
  /// Writes: both rows. Blocks: for a second at most. Throws: Error that concerns the session.
  static std::optional<Lease> take(Session& session, const Lease& seen, const std::string& holder,
                                   std::optional<std::chrono::milliseconds> duration);

  /// True while the lease's epoch stands; until the transaction's end nobody can raise it.
  static Guard stands(const Lease& lease);

  /// Renews the lease: no row when its epoch isn't the last one any more.
  static Query renew(const Lease& lease, std::chrono::milliseconds duration,
                     const std::string& progress);
  /// Ends it.
  static Query give_back(const Lease& lease);

 private:
  std::string schema_;  ///< quoted; empty where the search path decides
  std::string table_;
};

}  // namespace tidegate
