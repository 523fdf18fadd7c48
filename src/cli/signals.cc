#include "cli/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace tidegate::cli {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};

// How often the waiting thread looks whether the program is done. Rare, since it is woken by then.
constexpr timespec kWaitAtMost{.tv_sec = 3600, .tv_nsec = 0};

// Sent by ourselves to wake the waiting thread; blocked, so that it never has another effect.
constexpr int kWakeUp = SIGUSR2;

// The signals are blocked everywhere and never delivered. A handler still keeps the kernel from
// dropping them for the first process of a container, whatever it does about blocked ones.
void do_nothing(int) {}

}  // namespace

Signals::Signals() {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &pipe_before_);

  sigemptyset(&watched_);
  for (std::size_t i = 0; i < std::size(kSignals); ++i) {
    sigaction(kSignals[i], nullptr, &before_[i]);
    if (before_[i].sa_handler == SIG_IGN) continue;
    struct sigaction quiet {};
    quiet.sa_handler = do_nothing;
    sigaction(kSignals[i], &quiet, nullptr);
    sigaddset(&watched_, kSignals[i]);
  }
  sigaddset(&watched_, kWakeUp);
  pthread_sigmask(SIG_BLOCK, &watched_, &mask_before_);
  thread_ = std::jthread([this](const std::stop_token& done) { watch(done); });
}

Signals::~Signals() { restore(); }

void Signals::watch(const std::stop_token& done) {
  while (!done.stop_requested()) {
    const int signal = sigtimedwait(&watched_, nullptr, &kWaitAtMost);
    if (signal > 0 && signal != kWakeUp) take(signal);
  }
}

void Signals::take(int signal) {
  if (caught_ != 0) _exit(128 + signal);
  caught_ = signal;
  std::function<void()> clean_up;
  {
    const std::lock_guard guard(mutex_);
    clean_up = clean_up_;
  }
  if (clean_up) {
    clean_up();
    _exit(128 + signal);
  }
  source_.request_stop();
}

void Signals::end_at_once(std::function<void()> clean_up) {
  const std::lock_guard guard(mutex_);
  clean_up_ = std::move(clean_up);
}

void Signals::restore() {
  if (restored_) return;
  restored_ = true;
  thread_.request_stop();
  pthread_kill(thread_.native_handle(), kWakeUp);
  thread_.join();
  sigaction(SIGPIPE, &pipe_before_, nullptr);
  for (std::size_t i = 0; i < std::size(kSignals); ++i)
    sigaction(kSignals[i], &before_[i], nullptr);
  // A signal that came since is delivered here, the way it would have been without us.
  pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

}  // namespace tidegate::cli
