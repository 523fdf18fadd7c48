#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "tidegate/session.h"

namespace tidegate {

/// What a look at a MysqlLeaseTable found.
struct MysqlLease {
  std::string table;  ///< quoted, with its database, whatever a script says with USE
  std::int64_t epoch = 0;
  std::string beat;   ///< changes whenever the holder shows that it lives
  bool held = false;  ///< somebody has it, or died with it
  bool live = false;  ///< its time isn't over, by the clock of the node that was asked
  std::string holder;
  std::string since;  ///< UTC, RFC 3339
  std::string progress;
};

/// The table in which holders of a lease are counted, on a cluster whose nodes don't know one
/// another's locks. Two rows, as in lease_table.h: the first has the epoch, the second the
/// heartbeat.
///
/// What decides there is certification: of two transactions that wrote the same row on different
/// nodes, the one that is behind in the cluster's order is rolled back. Reads aren't compared, so a
/// transaction of the run writes the first row, too.
/// https://galeracluster.com/library/documentation/certification-based-replication.html
class MysqlLeaseTable {
 public:
  explicit MysqlLeaseTable(const std::string& history_table);

  /// Makes the table if it is absent.
  ///
  /// Writes: the table. Throws: Error.
  void create(Session& session) const;

  /// Reads the lease: an error where there is no table yet.
  Query read() const;
  /// What `read` came to; nothing where there is no table.
  static std::optional<MysqlLease> lease(const ReadResult& result);

  /// Raises the epoch, if the lease is still as it was seen. Returns it with its new epoch, or
  /// nothing where somebody was faster.
  ///
  /// Writes: both rows. Throws: Error that concerns the session.
  static std::optional<MysqlLease> take(Session& session, const MysqlLease& seen,
                                        const std::string& holder,
                                        std::chrono::milliseconds duration);

  /// True while the lease's epoch stands; a transaction with it conflicts with whoever raises it.
  static Guard stands(const MysqlLease& lease);

  /// Renews the lease.
  static Query renew(const MysqlLease& lease, std::chrono::milliseconds duration,
                     const std::string& progress);
  /// A row as long as nobody has raised the epoch.
  static Query still_stands(const MysqlLease& lease);
  /// Ends it.
  static Query give_back(const MysqlLease& lease);

 private:
  std::string table_;
};

}  // namespace tidegate
