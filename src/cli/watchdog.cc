#include "cli/watchdog.h"

#include <condition_variable>
#include <mutex>

namespace tidegate::cli {

Watchdog::Watchdog(std::chrono::milliseconds limit, std::function<void()> bark)
    : thread_([limit, bark = std::move(bark)](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any woken;
        std::unique_lock lock(mutex);
        woken.wait_for(lock, stop, limit, [&] { return stop.stop_requested(); });
        if (!stop.stop_requested()) bark();
      }) {}

}  // namespace tidegate::cli
