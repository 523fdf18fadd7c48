#include "lock/transaction_lock.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "base/application_name.h"
#include "base/quote.h"
#include "lock/heartbeat.h"
#include "lock/session_lock.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;

/// How often the guard shows that we live, and how long the server waits for it: a frozen or cut
/// off holder loses the lock when the server ends the guard's idle transaction.
constexpr milliseconds kBeat{3'000};
constexpr std::string_view kLongestSilence = "10s";
constexpr milliseconds kPingLimit{5'000};
constexpr milliseconds kLastWords{2'000};
/// What a pooler gets to find a second connection: longer than the server needs to end the
/// transaction of somebody who was frozen behind its BEGIN (20 s, as all of ours bring along).
constexpr milliseconds kWorkLimit{25'000};

/// Leaves the guard's transaction without a snapshot: one stays with the portal of the last query,
/// and a utility statement takes that portal's place.
Query name_guard(const std::string& name) {
  return {fmt::format("SET LOCAL application_name = {}", literal(name))};
}

LockedHistory history_of(const LockName& name) { return {name.history_schema, name.history_table}; }

/// The guard session while its transaction has the lock: shows that we live, also while the work
/// waits for a connection of the pooler's.
class BeatingGuard {
 public:
  BeatingGuard(const LockParts& parts, std::unique_ptr<Session> session)
      : clock_(parts.clock),
        name_(application_name(parts.name.holder)),
        session_(std::move(session)),
        heartbeat_(std::in_place, parts.clock, kBeat,
                   [this](const std::string& progress) { beat(progress); }) {}

  ~BeatingGuard() {
    if (!session_) return;
    try {
      end();
    } catch (...) {
      // The guard is gone, and the lock with it.
    }
  }
  BeatingGuard(const BeatingGuard&) = delete;
  BeatingGuard& operator=(const BeatingGuard&) = delete;

  void tell(const std::string& progress) { heartbeat_->tell(progress); }

  /// Lets go of the lock and gives the session back, for another try.
  std::unique_ptr<Session> let_go() {
    end();
    return std::move(session_);
  }

 private:
  void beat(const std::string& progress) {
    session_->limit_to(clock_.now() + kPingLimit, {});
    session_->execute(name_guard(application_name_with(name_, progress, {})));
  }

  void end() {
    heartbeat_.reset();
    session_->limit_to(clock_.now() + kLastWords, {});
    session_->execute({"ROLLBACK"});
  }

  const Clock& clock_;
  std::string name_;
  std::unique_ptr<Session> session_;
  std::optional<Heartbeat> heartbeat_;
};

class HeldTransactionLock final : public HeldLock {
 public:
  HeldTransactionLock(std::unique_ptr<BeatingGuard> guard, std::string alive, Lease lease)
      : guard_(std::move(guard)), alive_(std::move(alive)), lease_(std::move(lease)) {}

  std::vector<Guard> guards() const override { return {LeaseTable::stands(lease_), {alive_}}; }

  void tell(const std::string& progress) override { guard_->tell(progress); }

 private:
  std::unique_ptr<BeatingGuard> guard_;
  std::string alive_;
  Lease lease_;
};

/// PgBouncer's answer to BEGIN in statement pooling, after which it closes the connection.
constexpr std::string_view kProtocolViolation = "08P01";

void begin(Session& session) {
  try {
    session.execute({"BEGIN"});
  } catch (const Error& error) {
    if (error.server_code != kProtocolViolation) throw;
    throw Error(ErrorCode::usage, "the pooler has no transactions: " + error.message,
                "use pool_mode=transaction, or 'migrate' a URL of the server itself");
  }
}

/// A pooler that has no connection left makes us wait in its queue, which looks like a server that
/// doesn't answer.
Error starved_error(std::string_view which) {
  return {ErrorCode::unreachable, fmt::format("the pooler gives no {}", which),
          "give the pool at least 3 connections (pool_size): one for the lock, one for the work, "
          "one for those who wait; or 'migrate' a URL of the server itself"};
}

}  // namespace

/// Where the lock is, if we got it.
struct TransactionLock::Place {
  bool ours = false;
  std::string alive;  ///< an expression that is true as long as that very transaction has it
};

TransactionLock::TransactionLock(LockParts parts)
    : parts_(std::move(parts)), leases_(history_of(parts_.name)) {}

Session& TransactionLock::guard() {
  if (!guard_) {
    const TimePoint until = parts_.clock.now() + kWorkLimit;
    guard_ = parts_.open_another(until, parts_.stop);
    guard_->limit_to(until, parts_.stop);
    guard_->become_migrator();
  }
  return *guard_;
}

TransactionLock::Place TransactionLock::lock_guard() {
  Session& session = guard();
  // Each try has its own time: a guard that is kept from an earlier one would be past that one's.
  session.limit_to(parts_.clock.now() + kWorkLimit, parts_.stop);
  begin(session);
  const std::string sql = fmt::format(R"(
SELECT pg_catalog.pg_is_in_recovery(), l.got, pg_catalog.pg_backend_pid(),
       (SELECT virtualtransaction FROM pg_catalog.pg_locks
         WHERE locktype = 'advisory' AND granted AND l.got
           AND pid = pg_catalog.pg_backend_pid() LIMIT 1)
  FROM (SELECT CASE WHEN NOT pg_catalog.pg_is_in_recovery()
                    THEN pg_catalog.pg_try_advisory_xact_lock({}) END AS got OFFSET 0) l)",
                                      advisory_key());
  const Rows rows = session.execute({sql, advisory_key_parameters(history_of(parts_.name))});
  const bool got = rows.text(0, 1) == "t";
  if (!got) session.execute({"ROLLBACK"});
  if (rows.text(0, 0) == "t") throw standby_error();
  if (!got) return {};
  session.execute({fmt::format("SET LOCAL idle_in_transaction_session_timeout = {}",
                               literal(kLongestSilence))});
  session.execute(name_guard(application_name(parts_.name.holder)));
  // The number of a virtual transaction comes once: another client's lock through the same
  // connection isn't taken for ours.
  return {true, fmt::format("EXISTS (SELECT 1 FROM pg_catalog.pg_locks WHERE locktype = 'advisory' "
                            "AND granted AND pid = {} AND virtualtransaction = {})",
                            rows.text(0, 2), literal(rows.text(0, 3)))};
}

Lease TransactionLock::lease() {
  const std::vector<Query> reads = {leases_.read()};
  auto found = leases_.lease(parts_.session.read(reads).front());
  if (!found) {
    leases_.create(parts_.session);
    found = leases_.lease(parts_.session.read(reads).front());
  }
  if (!found) throw Error(ErrorCode::internal, "the table of the lock is empty");
  return *found;
}

std::unique_ptr<HeldLock> TransactionLock::try_acquire() {
  Place place;
  try {
    place = lock_guard();
    if (!place.ours) return nullptr;
    auto beating = std::make_unique<BeatingGuard>(parts_, std::move(guard_));
    parts_.session.limit_to(parts_.clock.now() + kWorkLimit, parts_.stop);
    auto taken = LeaseTable::take(parts_.session, lease(), parts_.name.holder, std::nullopt);
    parts_.session.limit_to(kNever, parts_.stop);
    if (taken) {
      return std::make_unique<HeldTransactionLock>(std::move(beating), place.alive,
                                                   std::move(*taken));
    }
    guard_ = beating->let_go();
    return nullptr;
  } catch (const Error& error) {
    guard_.reset();
    if (error.code == ErrorCode::timed_out) {
      throw starved_error(place.ours
                              ? "second connection: one holds the lock, another does the work"
                              : "connection: all of its are in use");
    }
    throw;
  }
}

}  // namespace tidegate
