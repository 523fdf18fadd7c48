#include "door/connect.h"

#include <algorithm>

#include "base/back_off.h"

namespace tidegate {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShortestPause{100};
constexpr milliseconds kLongestPause{2'000};
// One try; a black hole answers none, and the next try may find the server that took over.
constexpr milliseconds kTryLimit{10'000};

}  // namespace

std::unique_ptr<Session> open_with_patience(const Driver& driver, const DatabaseUrl& url,
                                            ConnectOptions options, const Patience& patience,
                                            Reporter& reporter, const Clock& clock,
                                            const std::string& target) {
  const TimePoint started = clock.now();
  TimePoint last_seen = started;
  BackOff pauses(kShortestPause, kLongestPause, clock.seed());
  while (true) {
    try {
      options.deadline = clock.now() + kTryLimit;
      return driver.open_session(url, options);
    } catch (const Error& error) {
      // A server with something to say is there.
      const bool refused = !error.server_code.empty();
      if (refused) last_seen = clock.now();
      const TimePoint next_try = clock.now() + pauses.next();
      const bool too_late =
          refused ? next_try - started > patience.refused : next_try - last_seen > patience.absent;
      if (!error.may_pass() || too_late) throw;
      const auto elapsed = std::chrono::duration_cast<milliseconds>(clock.now() - started);
      reporter.report({target, ServerAwaited{error, elapsed}});
      clock.sleep_until(next_try, options.stop);
      if (options.stop.stop_requested()) {
        throw Error(ErrorCode::interrupted, "stopped while the server was awaited");
      }
    }
  }
}

}  // namespace tidegate
