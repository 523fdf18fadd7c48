#include "report/ticker.h"

#include <condition_variable>
#include <mutex>

namespace tidegate {

Ticker::Ticker(std::chrono::milliseconds interval, std::function<void()> tick)
    : thread_([interval, tick = std::move(tick)](std::stop_token stop) {
        std::mutex mutex;
        std::condition_variable_any woken;
        std::unique_lock lock(mutex);
        while (!woken.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); })) {
          if (stop.stop_requested()) return;
          tick();
        }
      }) {}

Ticker::~Ticker() = default;

}  // namespace tidegate
