#include "tidegate/readiness.h"

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include "base/duration.h"
#include "report/json_values.h"
#include "service/silent.h"

namespace tidegate {
namespace {

/// A probe asks again after its own period; whoever else asks may wait that long.
constexpr const char* kRetryAfterSeconds = "1";

HttpResponse response_for(const GateState& state, bool ready) {
  Json object;
  object["ready"] = ready;
  put_state(object, state);
  HttpResponse response{ready ? 200 : 503, "application/json", compact(object) + '\n', {}};
  response.headers.push_back({"Cache-Control", "no-store"});
  if (!ready) response.headers.push_back({"Retry-After", kRetryAfterSeconds});
  return response;
}

GateState not_seen_yet() {
  GateState state;
  state.reason = "the database was not looked at yet";
  return state;
}

}  // namespace

/// Looks, and keeps what it saw. The gate tells each of its looks to a reporter, which this is.
class Readiness::Watch : private Reporter {
 public:
  Watch(const DatabaseSettings& database, MigrationSet build, const ReadinessOptions& options)
      : build_(std::move(build)), options_(options), settings_(database) {
    publish(not_seen_yet());
    // Settings that are wrong are the caller's to hear of, not the thread's.
    Database(settings_, *this, system_clock());
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  bool ready() const noexcept { return ready_; }

  GateState state() const {
    const std::lock_guard guard(mutex_);
    return *state_;
  }

  HttpResponse response() const {
    const auto now = response_now();
    return *now;
  }

  void refresh() {
    Silent nobody;
    publish(Database(settings_, nobody, system_clock()).status(build_, options_.needs).state);
  }

 private:
  std::shared_ptr<const HttpResponse> response_now() const {
    const std::lock_guard guard(mutex_);
    return response_;
  }

  void report(const Event& event) override {
    if (const auto* shut = std::get_if<GateShut>(&event.what)) publish(shut->state);
  }

  void run(const std::stop_token& stop) {
    Database database(settings_, *this, system_clock(), stop);
    while (!stop.stop_requested()) {
      try {
        watch(database);
      } catch (const Error& error) {
        GateState state;
        state.verdict = Verdict::blocked;
        state.reason = error.message;
        state.recipe = error.hint;
        if (error.code != ErrorCode::interrupted) publish(state);
      }
      system_clock().sleep_until(system_clock().now() + options_.recheck, stop);
    }
  }

  /// One look while it is open; else many, until it is.
  void watch(Database& database) {
    const GateState seen = database.status(build_, options_.needs).state;
    publish(seen);
    if (ready()) return;
    WaitOptions wait;
    wait.needs = options_.needs;
    wait.timeout = kLongestDuration;
    wait.fail_fast = false;
    wait.interval = options_.interval;
    publish(database.wait(build_, wait));
  }

  void publish(const GateState& state) {
    const bool keeps = state.verdict == Verdict::unreachable && ready_;
    const bool ready = is_open(state.verdict) || keeps;
    auto now = std::make_shared<const GateState>(state);
    auto response = std::make_shared<const HttpResponse>(response_for(state, ready));
    const std::lock_guard guard(mutex_);
    state_ = std::move(now);
    response_ = std::move(response);
    ready_ = ready;
  }

  const MigrationSet build_;
  const ReadinessOptions options_;
  const DatabaseSettings settings_;
  std::atomic<bool> ready_ = false;
  mutable std::mutex mutex_;  // the two pointers
  std::shared_ptr<const GateState> state_;
  std::shared_ptr<const HttpResponse> response_;
  std::jthread thread_;  // last: it uses all of the above
};

Readiness::Readiness(const DatabaseSettings& database, const MigrationSet& build,
                     const ReadinessOptions& options)
    : watch_(std::make_unique<Watch>(database, build, options)) {}

Readiness::~Readiness() = default;

bool Readiness::ready() const noexcept { return watch_->ready(); }

GateState Readiness::state() const { return watch_->state(); }

HttpResponse Readiness::response() const { return watch_->response(); }

void Readiness::refresh() { watch_->refresh(); }

}  // namespace tidegate
