#include "lock/mysql_lease_table.h"

#include <fmt/format.h>

#include <charconv>

#include "base/bookkeeping.h"
#include "base/quote.h"
#include "tidegate/error.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTakeLimit{1'000};

std::string from_now(milliseconds duration) {
  return fmt::format("UTC_TIMESTAMP(3) + INTERVAL {} MICROSECOND", duration.count() * 1000);
}

/// Beaten by another replica, which is no error.
bool was_beaten(const Error& error) {
  return error.code == ErrorCode::fenced || error.code == ErrorCode::lock_timeout;
}

}  // namespace

MysqlLeaseTable::MysqlLeaseTable(const std::string& history_table)
    : table_(history_table == "tidegate_migrations" ? "tidegate_lease" : history_table + "_lease") {
}

void MysqlLeaseTable::create(Session& session) const {
  session.execute({fmt::format(
      "CREATE TABLE IF NOT EXISTS {} (id INTEGER PRIMARY KEY, epoch BIGINT NOT NULL, beat BIGINT "
      "NOT NULL, holder TEXT, taken_at DATETIME(3), expires_at DATETIME(3), progress TEXT) ENGINE "
      "= InnoDB DEFAULT CHARACTER SET utf8mb4",
      backticked(table_))});
  try {
    session.execute(
        {fmt::format("INSERT IGNORE INTO {} (id, epoch, beat) VALUES (1, 0, 0), (2, 0, 0)",
                     backticked(table_))});
  } catch (const Error& error) {
    // Then another node has them.
    if (!was_beaten(error)) throw;
  }
}

Query MysqlLeaseTable::read() const {
  return {fmt::format(
      "SELECT h.epoch, b.beat, b.epoch = h.epoch AND b.expires_at IS NOT NULL, b.epoch = h.epoch "
      "AND b.expires_at > UTC_TIMESTAMP(3), h.holder, CONCAT(DATE_FORMAT(h.taken_at, "
      "'%Y-%m-%dT%T'), 'Z'), b.progress, CONCAT('`', REPLACE(DATABASE(), '`', '``'), '`.', {}) "
      "FROM {} h JOIN {} b ON b.id = 2 WHERE h.id = 1",
      literal(backticked(table_)), backticked(table_), backticked(table_))};
}

std::optional<MysqlLease> MysqlLeaseTable::lease(const ReadResult& result) {
  if (const Error* error = std::get_if<Error>(&result)) {
    if (error->code == ErrorCode::no_table) return std::nullopt;
    throw Error(*error);
  }
  const Rows& rows = std::get<Rows>(result);
  if (rows.empty()) return std::nullopt;
  MysqlLease lease;
  const std::string epoch = rows.text(0, 0);
  std::from_chars(epoch.data(), epoch.data() + epoch.size(), lease.epoch);
  lease.beat = rows.text(0, 1);
  lease.held = rows.text(0, 2) == "1";
  lease.live = rows.text(0, 3) == "1";
  lease.holder = rows.text(0, 4);
  lease.since = rows.text(0, 5);
  lease.progress = rows.text(0, 6);
  lease.table = rows.text(0, 7);
  return lease;
}

std::optional<MysqlLease> MysqlLeaseTable::take(Session& session, const MysqlLease& seen,
                                                const std::string& holder, milliseconds duration) {
  MysqlLease taken = seen;
  ++taken.epoch;
  Transaction transaction;
  transaction.label = "lock";
  transaction.lock_timeout = kTakeLimit;
  transaction.guards = {
      {fmt::format("(SELECT h.epoch FROM {} h WHERE h.id = 1 FOR UPDATE) = {}", seen.table,
                   seen.epoch)},
      {fmt::format("(SELECT b.beat FROM {} b WHERE b.id = 2 FOR UPDATE) = $1", seen.table),
       {seen.beat}}};
  transaction.epilogue = {
      {fmt::format("UPDATE {} SET epoch = {}, beat = beat + 1, holder = $1, taken_at = "
                   "UTC_TIMESTAMP(3) WHERE id = 1",
                   seen.table, taken.epoch),
       {holder}},
      {fmt::format("UPDATE {} SET epoch = {}, beat = beat + 1, expires_at = {}, progress = NULL "
                   "WHERE id = 2",
                   seen.table, taken.epoch, from_now(duration))}};
  try {
    run_or_throw(session, transaction);
  } catch (const Error& error) {
    if (!was_beaten(error)) throw;
    return std::nullopt;
  }
  return taken;
}

Guard MysqlLeaseTable::stands(const MysqlLease& lease) {
  return {.expression = fmt::format("(SELECT h.epoch FROM {} h WHERE h.id = 1 FOR UPDATE) = {}",
                                    lease.table, lease.epoch),
          .stamp = fmt::format("UPDATE {} SET beat = beat + 1 WHERE id = 1", lease.table)};
}

Query MysqlLeaseTable::renew(const MysqlLease& lease, milliseconds duration,
                             const std::string& progress) {
  return {fmt::format("UPDATE {} SET beat = beat + 1, expires_at = {}, progress = $1 WHERE id = 2 "
                      "AND epoch = {}",
                      lease.table, from_now(duration), lease.epoch),
          {progress}};
}

Query MysqlLeaseTable::still_stands(const MysqlLease& lease) {
  return {fmt::format("SELECT 1 FROM {} WHERE id = 1 AND epoch = {}", lease.table, lease.epoch)};
}

Query MysqlLeaseTable::give_back(const MysqlLease& lease) {
  return {fmt::format("UPDATE {} SET expires_at = NULL WHERE id = 2 AND epoch = {}", lease.table,
                      lease.epoch)};
}

}  // namespace tidegate
