#include "lock/lease_heart.h"

#include <utility>

#include "tidegate/error.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;

/// A server that takes longer to let a session in is left to the next beat.
constexpr milliseconds kConnectLimit{2'000};
constexpr milliseconds kLastWords{2'000};

}  // namespace

LeaseHeart::LeaseHeart(LockParts parts, std::unique_ptr<Session> session, Beats beats)
    : parts_(std::move(parts)),
      session_(std::move(session)),
      beats_(std::move(beats)),
      heartbeat_(std::in_place, parts_.clock, beats_.interval,
                 [this](const std::string& progress) { beat(progress); }) {}

LeaseHeart::~LeaseHeart() {
  ending_.request_stop();
  heartbeat_.reset();
  const bool connected = session_ != nullptr;
  if (!try_to_give_back() && connected) try_to_give_back();
}

/// Anywhere: the work is over, be it because its node is gone.
bool LeaseHeart::try_to_give_back() noexcept {
  try {
    const TimePoint until = parts_.clock.now() + kLastWords;
    if (!session_) session_ = parts_.open_another(until, {});
    session_->limit_to(until, {});
    session_->execute(beats_.give_back);
    return true;
  } catch (...) {
    session_.reset();
    return false;
  }
}

void LeaseHeart::connect() {
  const TimePoint until = parts_.clock.now() + kConnectLimit;
  auto session = parts_.open_another(until, ending_.get_token());
  session->limit_to(until, ending_.get_token());
  if (!beats_.fits(*session)) throw Error(ErrorCode::unreachable, "not where the work is");
  session->become_migrator();
  session_ = std::move(session);
}

void LeaseHeart::beat(const std::string& progress) {
  const bool connected = session_ != nullptr;
  // The server ends the session of whoever stood still for a while: a new one beats at once.
  if (!try_to_beat(progress) && connected && !session_) try_to_beat(progress);
}

/// Whether it came through. Throws once the lease is another's, and at the end.
bool LeaseHeart::try_to_beat(const std::string& progress) {
  try {
    if (!session_) connect();
    session_->limit_to(parts_.clock.now() + beats_.limit, ending_.get_token());
    if (beats_.renew(*session_, progress)) return true;
  } catch (const Error& error) {
    if (error.code == ErrorCode::interrupted) throw;
    if (error.code != ErrorCode::lock_timeout) session_.reset();
    return false;
  }
  throw Error(ErrorCode::fenced, "another replica has taken the lease");
}

}  // namespace tidegate
