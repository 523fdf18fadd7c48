#include "lock/lease_table.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string_view>

#include "base/bookkeeping.h"
#include "base/quote.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;

/// Longer than a commit, shorter than anybody's patience.
constexpr milliseconds kTakeLimit{1'000};

/// Two that make a table at one moment meet in the catalog, IF NOT EXISTS or not.
bool was_made_meanwhile(const Error& error) {
  constexpr std::array<std::string_view, 5> kCodes = {"42P07", "42P06", "23505", "42710", "XX000"};
  for (const std::string_view code : kCodes) {
    if (error.server_code == code) return true;
  }
  return false;
}

void make(Session& session, const std::string& sql) {
  Transaction transaction;
  transaction.label = "lock";
  transaction.epilogue = {{sql}};
  try {
    run_or_throw(session, transaction);
  } catch (const Error& error) {
    if (!was_made_meanwhile(error)) throw;
  }
}

std::string milliseconds_from_now(std::string_view parameter) {
  return fmt::format("clock_timestamp() + {}::bigint * interval '1 millisecond'", parameter);
}

}  // namespace

LeaseTable::LeaseTable(const LockedHistory& history) {
  const bool usual = history.table == "tidegate_migrations";
  const std::string table = quoted(usual ? "tidegate_lease" : history.table + "_lease");
  if (!history.schema.empty()) schema_ = quoted(history.schema);
  table_ = schema_.empty() ? table : schema_ + "." + table;
}

void LeaseTable::create(Session& session) const {
  if (!schema_.empty()) {
    // Only then: IF NOT EXISTS wants the right to create even for one that is there.
    const Rows rows =
        session.execute({"SELECT pg_catalog.to_regnamespace($1::text) IS NULL", {schema_}});
    if (rows.text(0, 0) == "t") {
      make(session, fmt::format("CREATE SCHEMA IF NOT EXISTS {}", schema_));
    }
  }
  make(session, fmt::format("CREATE TABLE IF NOT EXISTS {} (id INTEGER PRIMARY KEY, epoch BIGINT "
                            "NOT NULL, holder TEXT, taken_at TIMESTAMPTZ, expires_at TIMESTAMPTZ, "
                            "progress TEXT)",
                            table_));
  make(session,
       fmt::format("INSERT INTO {} (id, epoch) VALUES (1, 0), (2, 0) ON CONFLICT DO NOTHING",
                   table_));
}

Query LeaseTable::read() const {
  return {fmt::format(R"(
SELECT h.epoch, COALESCE(b.epoch = h.epoch AND b.expires_at > clock_timestamp(), false), h.holder,
       to_char(h.taken_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), b.progress,
       (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = h.tableoid)
  FROM {0} h JOIN {0} b ON b.id = 2 WHERE h.id = 1)",
                      table_)};
}

std::optional<Lease> LeaseTable::lease(const ReadResult& result) const {
  if (const Error* error = std::get_if<Error>(&result)) {
    if (error->code == ErrorCode::no_table) return std::nullopt;
    throw Error(*error);
  }
  const Rows& rows = std::get<Rows>(result);
  if (rows.empty()) return std::nullopt;
  Lease lease;
  const std::string epoch = rows.text(0, 0);
  std::from_chars(epoch.data(), epoch.data() + epoch.size(), lease.epoch);
  lease.live = rows.text(0, 1) == "t";
  lease.holder = rows.text(0, 2);
  lease.since = rows.text(0, 3);
  lease.progress = rows.text(0, 4);
  lease.table = rows.text(0, 5);
  return lease;
}

std::optional<Lease> LeaseTable::take(Session& session, const Lease& seen,
                                      const std::string& holder,
                                      std::optional<milliseconds> duration) {
  Lease taken = seen;
  ++taken.epoch;
  const std::string epoch = std::to_string(taken.epoch);
  Transaction transaction;
  transaction.label = "lock";
  transaction.lock_timeout = kTakeLimit;
  // What is compared stands on the locked row: after a wait only that row is read anew, and a
  // sub-select beside it would still show the epoch as it was before.
  transaction.guards = {
      stands(seen),
      {fmt::format("NOT EXISTS (SELECT 1 FROM {} b WHERE b.id = 2 AND b.epoch = {} AND "
                   "b.expires_at > clock_timestamp())",
                   seen.table, seen.epoch)}};
  transaction.epilogue = {
      {fmt::format("UPDATE {} SET epoch = $1, holder = $2, taken_at = clock_timestamp() "
                   "WHERE id = 1",
                   seen.table),
       {epoch, holder}},
      {fmt::format("UPDATE {} SET epoch = $1, expires_at = {}, progress = NULL WHERE id = 2",
                   seen.table, milliseconds_from_now("$2")),
       {epoch, duration ? Parameter(std::to_string(duration->count())) : Parameter()}}};
  try {
    run_or_throw(session, transaction);
  } catch (const Error& error) {
    const bool beaten = error.code == ErrorCode::fenced || error.code == ErrorCode::lock_timeout ||
                        error.server_code == "40001";
    if (!beaten) throw;
    return std::nullopt;
  }
  return taken;
}

Guard LeaseTable::stands(const Lease& lease) {
  return {fmt::format("COALESCE((SELECT h.epoch = {} FROM {} h WHERE h.id = 1 FOR UPDATE), false)",
                      lease.epoch, lease.table)};
}

Query LeaseTable::renew(const Lease& lease, milliseconds duration, const std::string& progress) {
  return {fmt::format("UPDATE {} SET expires_at = {}, progress = $3 WHERE id = 2 AND epoch = "
                      "$1::bigint RETURNING id",
                      lease.table, milliseconds_from_now("$2")),
          {std::to_string(lease.epoch), std::to_string(duration.count()), progress}};
}

Query LeaseTable::give_back(const Lease& lease) {
  return {fmt::format("UPDATE {} SET expires_at = NULL WHERE id = 2 AND epoch = $1::bigint",
                      lease.table),
          {std::to_string(lease.epoch)}};
}

}  // namespace tidegate
