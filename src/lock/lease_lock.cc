#include "lock/lease_lock.h"

#include <chrono>
#include <utility>

#include "lock/lease_heart.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;

/// A holder that hasn't been heard of for so long is dead, frozen or cut off. Four heartbeats.
constexpr milliseconds kLeaseDuration{12'000};
constexpr milliseconds kBeat{3'000};
constexpr milliseconds kBeatLimit{6'000};
constexpr milliseconds kConnectLimit{30'000};

LockedHistory history_of(const LockName& name) { return {name.history_schema, name.history_table}; }

class HeldLease final : public HeldLock {
 public:
  HeldLease(const LockParts& parts, std::unique_ptr<Session> heart, Lease lease)
      : lease_(std::move(lease)),
        heart_(parts, std::move(heart),
               {.renew =
                    [this](Session& session, const std::string& progress) {
                      const Query renew = LeaseTable::renew(lease_, kLeaseDuration, progress);
                      return !session.execute(renew).empty();
                    },
                .give_back = LeaseTable::give_back(lease_),
                .interval = kBeat,
                .limit = kBeatLimit}) {}

  std::vector<Guard> guards() const override { return {LeaseTable::stands(lease_)}; }

  void tell(const std::string& progress) override { heart_.tell(progress); }

 private:
  Lease lease_;
  LeaseHeart heart_;
};

class LeaseView final : public LockView {
 public:
  explicit LeaseView(const LockedHistory& history) : leases_(history) {}

  std::vector<Query> reads() const override { return {leases_.read()}; }

  std::optional<Holder> holder(std::span<const ReadResult> results) const override {
    if (results.empty()) return std::nullopt;
    const auto lease = leases_.lease(results[0]);
    if (!lease || !lease->live) return std::nullopt;
    return Holder{.who = lease->holder, .since = lease->since, .progress = lease->progress};
  }

 private:
  LeaseTable leases_;
};

}  // namespace

LeaseLock::LeaseLock(LockParts parts)
    : parts_(std::move(parts)), leases_(history_of(parts_.name)) {}

std::unique_ptr<HeldLock> LeaseLock::try_acquire() {
  const std::vector<Query> reads = {leases_.read()};
  auto seen = leases_.lease(parts_.session.read(reads).front());
  if (!seen) {
    leases_.create(parts_.session);
    seen = leases_.lease(parts_.session.read(reads).front());
  }
  if (!seen || seen->live) return nullptr;
  // Opened before the lease is taken: with it, the time runs.
  auto heart = parts_.open_another(parts_.clock.now() + kConnectLimit, parts_.stop);
  heart->become_migrator();
  auto taken = LeaseTable::take(parts_.session, *seen, parts_.name.holder, kLeaseDuration);
  if (!taken) return nullptr;
  return std::make_unique<HeldLease>(parts_, std::move(heart), std::move(*taken));
}

std::unique_ptr<LockView> make_lease_view(const LockName& name) {
  return std::make_unique<LeaseView>(history_of(name));
}

}  // namespace tidegate
