#include "lock/session_lock.h"

#include <fmt/format.h>

#include <utility>

#include "base/application_name.h"
#include "base/quote.h"
#include "tidegate/error.h"

namespace tidegate {
namespace {

class HeldSessionLock final : public HeldLock {
 public:
  HeldSessionLock(Session& session, std::string key) : session_(session), key_(std::move(key)) {}

  ~HeldSessionLock() override {
    try {
      // All: the guards have taken it again and again, and it counts. A lock that a script took
      // for itself goes too, which is as it should be once the run is over.
      session_.execute({"SELECT pg_catalog.pg_advisory_unlock_all()"});
    } catch (...) {
      // The session is gone or stopped. The lock goes with it.
    }
  }
  HeldSessionLock(const HeldSessionLock&) = delete;
  HeldSessionLock& operator=(const HeldSessionLock&) = delete;

  /// Taking it again succeeds while it is ours, and also when a script has let go of it and nobody
  /// was there; it fails when somebody else has it, and that is what fences us off.
  std::vector<Guard> guards() const override {
    return {{fmt::format("pg_catalog.pg_try_advisory_lock({}::bigint)", "'" + key_ + "'")}};
  }

  /// Nothing to do: the session's name tells, and the run sets it with statements it sends anyway.
  void tell(const std::string&) override {}

 private:
  Session& session_;
  std::string key_;
};

}  // namespace

Error standby_error() {
  return {ErrorCode::read_only, "the server is a standby, which can't be migrated",
          "use the URL of the primary, or add target_session_attrs=read-write to it"};
}

SessionLock::SessionLock(Session& session, LockedHistory history, std::string holder)
    : session_(session),
      history_(std::move(history)),
      leases_(history_),
      holder_(std::move(holder)) {}

std::unique_ptr<HeldLock> SessionLock::try_acquire() {
  // A standby gives advisory locks, to anyone who asks there: they aren't known to its primary.
  // And a look-alike that has only the function's name is given away by its list of locks.
  const std::string sql = fmt::format(
      R"(
SELECT pg_catalog.pg_is_in_recovery(), l.key::text, l.got,
       l.got AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_locks
                              WHERE locktype = 'advisory' AND granted AND l.got
                                AND pid = pg_catalog.pg_backend_pid()),
       pg_catalog.to_regclass({}) IS NOT NULL
  FROM (SELECT k.key, CASE WHEN NOT pg_catalog.pg_is_in_recovery()
                           THEN pg_catalog.pg_try_advisory_lock(k.key) END AS got
          FROM (SELECT {} AS key OFFSET 0) k OFFSET 0) l)",
      literal(leases_.name()), advisory_key());
  const Rows rows = session_.execute({sql, advisory_key_parameters(history_)});
  if (rows.text(0, 0) == "t") throw standby_error();
  if (rows.text(0, 2) != "t") return nullptr;
  auto held = std::make_unique<HeldSessionLock>(session_, rows.text(0, 1));
  if (rows.text(0, 3) == "t") {
    throw Error(ErrorCode::blocked, "the server says that it gave the lock, and nobody holds it",
                "it only looks like PostgreSQL: use --lock lease");
  }
  if (rows.text(0, 4) == "t" && !raise_epoch()) return nullptr;
  return held;
}

bool SessionLock::raise_epoch() {
  const std::vector<Query> reads = {leases_.read()};
  const auto lease = leases_.lease(session_.read(reads).front());
  return !lease || LeaseTable::take(session_, *lease, holder_, std::nullopt);
}

SessionLockView::SessionLockView(LockedHistory history) : history_(std::move(history)) {}

std::vector<Query> SessionLockView::reads() const {
  // The name is for everybody to see; times and addresses are NULL without pg_read_all_stats.
  const std::string sql = fmt::format(R"(
SELECT l.pid, a.application_name, a.client_addr::text,
       pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
  FROM (SELECT {} AS key OFFSET 0) k
  JOIN pg_catalog.pg_locks l
    ON l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
   AND l.classid = ((k.key >> 32) & 4294967295)::oid
   AND l.objid = (k.key & 4294967295)::oid
  JOIN pg_catalog.pg_database d ON d.oid = l.database AND d.datname = current_database()
  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
 LIMIT 1)",
                                      advisory_key());
  return {{sql, advisory_key_parameters(history_)}};
}

std::optional<Holder> SessionLockView::holder(std::span<const ReadResult> results) const {
  const Rows* rows = results.empty() ? nullptr : std::get_if<Rows>(&results[0]);
  if (rows == nullptr || rows->empty()) return std::nullopt;
  const NameTold told = read_application_name(rows->text(0, 1));
  const std::string address = rows->text(0, 2);
  std::string who = !told.who.empty() ? told.who : address;
  if (!who.empty()) who += ", ";
  return Holder{.who = fmt::format("{}backend {}", who, rows->text(0, 0)),
                .since = rows->text(0, 3),
                .progress = told.progress};
}

}  // namespace tidegate
