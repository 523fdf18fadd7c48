#include "lock/mysql_lease_lock.h"

#include <chrono>
#include <utility>

#include "lock/lease_heart.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;

/// Longer than the server keeps the session of somebody who is frozen (10 s): what such a one still
/// sends when it wakes up finds no session.
constexpr milliseconds kLeaseDuration{14'000};
constexpr milliseconds kBeat{3'000};
/// How long a lease that is over must not have been renewed. More than one heartbeat.
constexpr milliseconds kWatch{4'000};
/// A beat waits for whatever keeps the cluster from writing: an ALTER TABLE takes its time.
constexpr std::chrono::hours kBeatLimit{24};
constexpr milliseconds kConnectLimit{30'000};
/// How often the node of the work is looked for.
constexpr int kAttempts = 8;

/// Which of the cluster's servers a session is on.
std::string node_of(Session& session) {
  return session.execute({"SELECT CONCAT_WS(' ', @@hostname, @@port, @@server_id)"}).text(0, 0);
}

class HeldMysqlLease final : public HeldLock {
 public:
  /// `node`: where the work is, and the heart.
  HeldMysqlLease(const LockParts& parts, std::unique_ptr<Session> heart, const std::string& node,
                 MysqlLease lease)
      : lease_(std::move(lease)), heart_(parts, std::move(heart), beats(node)) {}

  std::vector<Guard> guards() const override { return {MysqlLeaseTable::stands(lease_)}; }

  void tell(const std::string& progress) override { heart_.tell(progress); }

 private:
  LeaseHeart::Beats beats(const std::string& node) {
    return {.renew = [this](Session& session,
                            const std::string& progress) { return renew(session, progress); },
            // The node that the work is on may be cut off, and what it does there will never be the
            // cluster's: a heart on another node would hide that.
            .fits = [node](Session& session) { return node_of(session) == node; },
            .give_back = MysqlLeaseTable::give_back(lease_),
            .interval = kBeat,
            .limit = kBeatLimit};
  }

  bool renew(Session& session, const std::string& progress) const {
    session.execute(MysqlLeaseTable::renew(lease_, kLeaseDuration, progress));
    return !session.execute(MysqlLeaseTable::still_stands(lease_)).empty();
  }

  MysqlLease lease_;
  LeaseHeart heart_;
};

class MysqlLeaseView final : public LockView {
 public:
  explicit MysqlLeaseView(const LockName& name) : leases_(name.history_table) {}

  std::vector<Query> reads() const override { return {leases_.read()}; }

  std::optional<Holder> holder(std::span<const ReadResult> results) const override {
    if (results.empty()) return std::nullopt;
    const auto lease = MysqlLeaseTable::lease(results[0]);
    if (!lease || !lease->live) return std::nullopt;
    return Holder{.who = lease->holder, .since = lease->since, .progress = lease->progress};
  }

 private:
  MysqlLeaseTable leases_;
};

}  // namespace

MysqlLeaseLock::MysqlLeaseLock(LockParts parts)
    : parts_(std::move(parts)), leases_(parts_.name.history_table) {}

bool MysqlLeaseLock::may_take(const MysqlLease& seen) {
  if (!seen.held) return true;
  if (seen.live) return false;
  const TimePoint now = parts_.clock.now();
  const bool same = watched_ && watched_->epoch == seen.epoch && watched_->beat == seen.beat;
  if (!same) watched_ = Watched{seen.epoch, seen.beat, now};
  if (now < watched_->since + kWatch) return false;
  const MysqlLease last = look_at_all();
  return last.epoch == seen.epoch && last.beat == seen.beat;
}

/// The lease once this node has all that was committed before: a heartbeat may stand in line behind
/// a change of a table.
MysqlLease MysqlLeaseLock::look_at_all() {
  const std::vector<Query> reads = {
      {"SET SESSION wsrep_sync_wait = 1"}, leases_.read(), {"SET SESSION wsrep_sync_wait = 0"}};
  // A server without nodes refuses what it doesn't know.
  const auto lease = MysqlLeaseTable::lease(parts_.session.read(reads)[1]);
  if (!lease) throw Error(ErrorCode::lock_timeout, "the lease can't be read now");
  return *lease;
}

std::unique_ptr<HeldLock> MysqlLeaseLock::try_acquire() {
  try {
    return try_now();
  } catch (const Error& error) {
    // The cluster is busy with somebody's change of a table: as good as held.
    if (error.code != ErrorCode::lock_timeout) throw;
    return nullptr;
  }
}

/// A session on the node of the work. The first host of the URL may be back since that began, and a
/// balancer leads anywhere.
std::unique_ptr<Session> MysqlLeaseLock::open_heart(const std::string& node) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto heart = parts_.open_another(parts_.clock.now() + kConnectLimit, parts_.stop);
    if (node_of(*heart) == node) return heart;
  }
  throw Error(ErrorCode::connection_lost, "other connections lead to other nodes of the cluster",
              "name the nodes in the URL, and not a balancer in front of them");
}

std::unique_ptr<HeldLock> MysqlLeaseLock::try_now() {
  const std::vector<Query> reads = {leases_.read()};
  auto seen = MysqlLeaseTable::lease(parts_.session.read(reads).front());
  if (!seen) {
    leases_.create(parts_.session);
    seen = MysqlLeaseTable::lease(parts_.session.read(reads).front());
  }
  if (!seen || !may_take(*seen)) return nullptr;
  // Opened before the lease is taken: with it, the time runs.
  const std::string node = node_of(parts_.session);
  auto heart = open_heart(node);
  heart->become_migrator();
  auto taken = MysqlLeaseTable::take(parts_.session, *seen, parts_.name.holder, kLeaseDuration);
  if (!taken) return nullptr;
  return std::make_unique<HeldMysqlLease>(parts_, std::move(heart), node, std::move(*taken));
}

std::unique_ptr<LockView> make_mysql_lease_view(const LockName& name) {
  return std::make_unique<MysqlLeaseView>(name);
}

}  // namespace tidegate
