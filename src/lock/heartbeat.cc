#include "lock/heartbeat.h"

#include <csignal>
#include <utility>

#include "tidegate/error.h"

namespace tidegate {

namespace {

/// Signals are the first thread's business; a new thread inherits what is blocked when it begins.
class WithoutSignals {
 public:
  WithoutSignals() {
    sigset_t all{};
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~WithoutSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  WithoutSignals(const WithoutSignals&) = delete;
  WithoutSignals& operator=(const WithoutSignals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Heartbeat::Heartbeat(const Clock& clock, std::chrono::milliseconds interval,
                     std::function<void(const std::string& progress)> beat)
    : clock_(clock), interval_(interval), beat_(std::move(beat)) {
  const WithoutSignals blocked;
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Heartbeat::~Heartbeat() {
  thread_.request_stop();
  thread_.join();
}

void Heartbeat::tell(std::string progress) {
  const std::lock_guard lock(mutex_);
  progress_ = std::move(progress);
}

void Heartbeat::run(const std::stop_token& stop) {
  while (true) {
    clock_.sleep_until(clock_.now() + interval_, stop);
    if (stop.stop_requested()) return;
    std::string progress;
    {
      const std::lock_guard lock(mutex_);
      progress = progress_;
    }
    try {
      beat_(progress);
    } catch (const Error&) {
      return;
    }
  }
}

}  // namespace tidegate
