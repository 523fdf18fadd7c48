#include "gate/gate.h"

#include <algorithm>
#include <utility>

#include "base/back_off.h"
#include "base/crowd.h"
#include "history/announcement.h"
#include "history/look.h"

namespace tidegate {

namespace {

using std::chrono::milliseconds;

// One look is never given longer, so that a connection that went dead is opened anew in time.
constexpr milliseconds kLookLimit{5'000};
constexpr milliseconds kShortestPause{50};
// Pauses after a server that is there has refused a connection: it is full, or starting.
constexpr milliseconds kShortestAfterRefusal{200};
constexpr milliseconds kLongestAfterRefusal{5'000};
// What the last look may take when the time is over.
constexpr milliseconds kLastLook{300};

milliseconds since(TimePoint start, TimePoint now) {
  return std::chrono::duration_cast<milliseconds>(now - start);
}

bool has_begun_something(const History& history) {
  return std::any_of(history.journal.begin(), history.journal.end(), [](const auto& entry) {
    return entry.state == JournalEntry::State::started || entry.direction == Direction::down;
  });
}

// Waiting longer changes nothing: a person has to act.
bool is_final(const GateState& state) {
  return state.verdict == Verdict::failed || state.verdict == Verdict::too_old ||
         (state.verdict == Verdict::blocked && !state.findings.empty());
}

bool is_refusal(const Look& look) {
  return look.error && look.error->code == ErrorCode::unreachable &&
         !look.error->server_code.empty();
}

// Whether a piece of news can have opened this gate. With hundreds of waiters and hundreds of
// migrations, a look by each at each commit would load the server for nothing.
bool may_open(const News& news, const std::string& schema, const GateState& state) {
  const auto announcement = decode_announcement(news.payload);
  if (!announcement) return true;
  if (!schema.empty() && announcement->schema != schema) return false;
  if (!announcement->recorded || announcement->remaining_count == 0) return true;
  return !state.missing.empty() && *announcement->recorded == state.missing.back();
}

}  // namespace

Look Gate::look(TimePoint deadline, Depth depth) {
  try {
    if (!reader_) {
      subscribed_ = false;
      view_.reset();
      reader_ = parts_.connect(deadline);
    }
    reader_->limit_to(deadline, parts_.stop);
    Look look = depth == Depth::history ? look_at(*reader_, parts_.history)
                                        : look_at(*reader_, parts_.history, view());
    // A migrator may have come between our look at the lock and the one at the journal; then the
    // statement that it has begun isn't interrupted, and a second look shows who is at it.
    if (depth == Depth::history_and_lock && !look.holder && has_begun_something(look.history)) {
      look = look_at(*reader_, parts_.history, view());
    }
    schema_ = look.history.schema;
    return look;
  } catch (const Error& error) {
    if (error.code == ErrorCode::interrupted) throw;
    if (!error.session_usable()) reader_.reset();
    return Look{error, {}, holder_behind(error)};
  }
}

// A large transaction keeps readers of an SQLite file out until its commit. Its lock, which isn't
// in the database, can be seen all the same.
std::optional<Holder> Gate::holder_behind(const Error& error) const {
  const bool locked_out =
      error.code == ErrorCode::lock_timeout || error.code == ErrorCode::timed_out;
  if (!locked_out) return std::nullopt;
  const auto view = parts_.make_view({});
  return view->reads().empty() ? view->holder({}) : std::nullopt;
}

// Which lock it is depends on what answers, and that is asked once.
const LockView& Gate::view() {
  if (!view_) view_ = parts_.make_view(reader_->server());
  return *view_;
}

void Gate::subscribe() {
  subscribed_ = true;
  try {
    reader_->subscribe(parts_.history.topic());
  } catch (const Error& error) {
    if (error.code == ErrorCode::interrupted) throw;
    if (!error.session_usable()) reader_.reset();
  }
}

void Gate::tell(const GateState& state, TimePoint started, Then then) {
  const milliseconds elapsed = since(started, parts_.clock.now());
  if (is_open(state.verdict)) {
    parts_.reporter.report({parts_.target, GateOpened{state, elapsed}});
  } else {
    parts_.reporter.report({parts_.target, GateShut{state, elapsed, then == Then::end}});
  }
}

void Gate::pause(const GateState& state, TimePoint until) {
  if (!reader_) {
    parts_.clock.sleep_until(until, parts_.stop);
    if (parts_.stop.stop_requested()) throw Error(ErrorCode::interrupted, "the wait was stopped");
    return;
  }
  const auto opens = [&](const News& news) { return may_open(news, schema_, state); };
  try {
    while (parts_.clock.now() < until) {
      reader_->limit_to(until, parts_.stop);
      const std::vector<News> news = reader_->wait_for_news(until);
      if (news.empty() || std::any_of(news.begin(), news.end(), opens)) return;
    }
  } catch (const Error& error) {
    if (error.code == ErrorCode::interrupted) throw;
    reader_.reset();
  }
}

GateState Gate::wait(const MigrationSet& set, const WaitOptions& options) {
  const TimePoint started = parts_.clock.now();
  const TimePoint deadline = started + options.timeout;
  BackOff pauses(kShortestPause, std::max(kShortestPause, options.interval), parts_.clock.seed());
  BackOff refusals(kShortestAfterRefusal, kLongestAfterRefusal, parts_.clock.seed());
  std::string last_reason;
  GateState state;
  // Most replicas find all there, and need not ask who is at it.
  Depth depth = Depth::history;
  while (true) {
    const TimePoint now = parts_.clock.now();
    const Look looked =
        look(std::min(std::max(deadline, now + kLastLook), now + kLookLimit), depth);
    // A last look that our own time cut short says less than the one before it.
    const bool cut_short = looked.error && looked.error->code == ErrorCode::timed_out &&
                           parts_.clock.now() >= deadline && !last_reason.empty();
    if (cut_short) return state;
    state = judge(set, looked, options.needs);
    if (std::exchange(depth, Depth::history_and_lock) == Depth::history && !looked.error &&
        !is_open(state.verdict)) {
      continue;
    }
    const bool ends = is_open(state.verdict) || (options.fail_fast && is_final(state)) ||
                      parts_.clock.now() >= deadline;
    tell(state, started, ends ? Then::end : Then::look_again);
    if (ends) return state;
    if (std::exchange(last_reason, state.reason) != state.reason) pauses.reset();
    const Seat seat = reader_ && subscribed_ ? Seat::taken : Seat::wanted;
    milliseconds at_least = least_pause(looked.crowd, seat);
    if (is_refusal(looked)) {
      at_least = refusals.next();
    } else {
      refusals.reset();
    }
    // A full server's connections are for those who do something with them.
    if (!has_room(looked.crowd, seat)) reader_.reset();
    // News that came before the subscription is lost, so the gate looks once more after it.
    if (reader_ && !subscribed_) {
      subscribe();
      continue;
    }
    pause(state, std::min(deadline, parts_.clock.now() + pauses.next(at_least)));
  }
}

}  // namespace tidegate
