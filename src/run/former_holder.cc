#include "run/former_holder.h"

#include <fmt/format.h>

#include <chrono>

namespace tidegate {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPause{100};
constexpr milliseconds kUntilItEndsByItself{1'000};
constexpr milliseconds kUntilItIsEnded{10'000};

std::vector<std::string> sessions_at(MigratorParts& parts, const Interruption& one,
                                     const std::string& holder) {
  const std::vector<Query> reads = parts.catalog->sessions_reads(one.sql());
  if (reads.empty()) return {};
  return parts.catalog->sessions_of(holder, parts.session.read(reads));
}

/// The sessions that are left when `limit` has passed; none as soon as there are none.
std::vector<std::string> wait_for_end(MigratorParts& parts, const Interruption& one,
                                      const std::string& holder, milliseconds limit) {
  const TimePoint give_up_at = parts.clock.now() + limit;
  while (true) {
    std::vector<std::string> sessions = sessions_at(parts, one, holder);
    if (sessions.empty() || parts.clock.now() >= give_up_at) return sessions;
    if (parts.stop.stop_requested()) throw Error(ErrorCode::interrupted, "stopped on request");
    parts.clock.sleep_until(parts.clock.now() + kPause, parts.stop);
  }
}

Error still_at_work(const Interruption& one, const std::string& holder, const std::string& session,
                    const std::string& why) {
  Error error(ErrorCode::blocked,
              fmt::format("session {} of {}, which held the lock before, is still at work on the "
                          "statement that was interrupted{}",
                          session, holder, why.empty() ? "" : ": " + why),
              fmt::format("end session {} at the server, or wait for it, and run again", session));
  error.place = one.script->place_of(*one.statement);
  return error;
}

void end_sessions(MigratorParts& parts, const Interruption& one, const std::string& holder) {
  for (const std::string& session : wait_for_end(parts, one, holder, kUntilItEndsByItself)) {
    try {
      parts.session.execute(parts.catalog->end_session(session));
    } catch (const Error& error) {
      if (!error.session_usable() || error.code == ErrorCode::interrupted) throw;
      throw still_at_work(one, holder, session, error.message);
    }
  }
  const auto left = wait_for_end(parts, one, holder, kUntilItIsEnded);
  if (!left.empty()) throw still_at_work(one, holder, left.front(), "");
}

}  // namespace

void end_former_holder(MigratorParts& parts, const MigrationSet& set, const History& history) {
  if (parts.catalog == nullptr || !history.last_run) return;
  for (const Interruption& one : find_interruptions(set, history)) {
    end_sessions(parts, one, history.last_run->holder);
  }
}

}  // namespace tidegate
