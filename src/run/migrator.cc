#include "run/migrator.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/bookkeeping.h"
#include "base/crowd.h"
#include "history/announcement.h"
#include "history/look.h"
#include "plan/blocks.h"
#include "run/applier.h"
#include "run/former_holder.h"
#include "run/interruptions.h"

namespace tidegate {

namespace {

using std::chrono::milliseconds;

// A look is short; when it isn't, the connection is dead. A run has no limit but the stop.
constexpr milliseconds kLookLimit{30'000};
constexpr milliseconds kShortestPause{50};
constexpr milliseconds kLongestPause{2'000};

Error failure_of_another(const Run& run) {
  Error error(ErrorCode::statement_failed,
              fmt::format("{} failed on {}: {}", run.migration, run.holder, run.error),
              "mend that migration and run 'tidegate migrate' again");
  error.server_code = run.server_code;
  return error;
}

bool is_planned(const Plan& plan, const Run& run) {
  return std::any_of(plan.steps.begin(), plan.steps.end(), [&](const Step& step) {
    return step.migration->version.text() == run.migration &&
           (run.checksum.empty() || run.checksum == step.script().checksum);
  });
}

bool is_undoing(const MigrationSet& set, const History& history) {
  return std::any_of(set.migrations.begin(), set.migrations.end(), [&](const Migration& migration) {
    return undo_in_progress(history, migration.version) != nullptr;
  });
}

// Only the end of a run can let the next one in.
bool tells_of_an_end(const std::vector<News>& all) {
  return std::any_of(all.begin(), all.end(), [](const News& news) {
    const auto announcement = decode_announcement(news.payload);
    return !announcement || !announcement->recorded || announcement->remaining_count == 0;
  });
}

}  // namespace

Migrator::Migrator(MigratorParts parts)
    : parts_(std::move(parts)),
      waiting_(parts_.waiting != nullptr ? *parts_.waiting : own_waiting_),
      pauses_(kShortestPause, kLongestPause, parts_.clock.seed()) {
  if (!waiting_.since) waiting_.since = parts_.clock.now();
}

void Migrator::prepare() {
  parts_.session.become_migrator();
  lock_ = parts_.make_lock(parts_.session.server());
}

const LockView& Migrator::lock_view() {
  if (!lock_view_) lock_view_ = parts_.make_view(parts_.session.server());
  return *lock_view_;
}

milliseconds Migrator::waited() const {
  return std::chrono::duration_cast<milliseconds>(parts_.clock.now() - *waiting_.since);
}

Look Migrator::look(Depth depth) {
  parts_.session.limit_to(parts_.clock.now() + kLookLimit, parts_.stop);
  Look look = depth == Depth::history ? look_at(parts_.session, parts_.history)
                                      : look_at(parts_.session, parts_.history, lock_view());
  parts_.session.limit_to(kNever, parts_.stop);
  return look;
}

// A large transaction of the holder's can keep readers of an SQLite file out until its commit. To
// who waits that is one more way of being busy.
Look Migrator::look_past_busy() {
  try {
    return look(Depth::history_and_lock);
  } catch (const Error& error) {
    if (error.code != ErrorCode::lock_timeout) throw;
    return Look{error, {}, {}};
  }
}

// Plans anew. True when the plan leaves nothing to do, and the report says so.
bool Migrator::settled(const MigrationSet& set, const Look& look, Seen seen,
                       const MigrateOptions& options, MigrateReport& report) {
  History history = look.history;
  // A statement that has begun and not ended is a question only when nobody is at it, and that is
  // sure only under the lock. So is an undo that has begun.
  const bool lock_tells = seen == Seen::without_lock && is_undoing(set, history);
  if (seen == Seen::without_lock) history.journal.clear();
  plan_ = make_plan(set, history, options.policy);
  if (!std::exchange(waiting_.warned, true)) {
    for (const Finding& finding : plan_.warnings) {
      parts_.reporter.report({parts_.target, Found{finding}});
    }
  }
  if (plan_.blocked()) {
    report.outcome = Outcome::blocked;
    report.findings = plan_.blocks;
    return true;
  }
  if (!plan_.steps.empty() || lock_tells) return false;
  report.outcome = report.applied.empty() ? Outcome::nothing_to_do : Outcome::done;
  parts_.reporter.report({parts_.target, NothingToDo{look.history.records.size(), waited(),
                                                     options.policy.direction}});
  return true;
}

void Migrator::tell_busy(const Look& look) {
  parts_.reporter.report({parts_.target, LockBusy{look.holder.value_or(Holder()), waited()}});
}

void Migrator::pause(TimePoint until) {
  if (!std::exchange(subscribed_, true)) {
    parts_.session.subscribe(parts_.history.topic());
    return;  // News from before the subscription is lost: look once more.
  }
  while (parts_.clock.now() < until) {
    const std::vector<News> news = parts_.session.wait_for_news(until);
    if (news.empty() || tells_of_an_end(news)) return;
  }
}

// Who stays sleeps until there is news or it is time to look again; who doesn't has a report that
// is final, or leaves its place at a full server to others for a while.
bool Migrator::stays_after(const Look& look, const MigrateOptions& options, MigrateReport& report) {
  tell_busy(look);
  const TimePoint deadline = options.wait_limit ? *waiting_.since + *options.wait_limit : kNever;
  const TimePoint now = parts_.clock.now();
  if (now >= deadline) {
    report.outcome = Outcome::busy;
    report.error = Error(
        ErrorCode::timed_out,
        fmt::format("{} still holds the lock", look.holder ? look.holder->who : "another replica"),
        "wait longer with --wait-timeout, or see 'tidegate status'");
    return false;
  }
  const Seat seat = subscribed_ ? Seat::taken : Seat::wanted;
  const TimePoint until = std::min(deadline, now + pauses_.next(least_pause(look.crowd, seat)));
  if (parts_.waiting != nullptr && !has_room(look.crowd, seat)) {
    leaves_for_ = std::chrono::duration_cast<milliseconds>(until - now);
    return false;
  }
  pause(until);
  return true;
}

std::unique_ptr<HeldLock> Migrator::wait_for_lock(const MigrationSet& set,
                                                  const MigrateOptions& options,
                                                  MigrateReport& report, Arrival arrival) {
  // Who was here before may have missed a failure that it has to look for first.
  if (arrival == Arrival::first) {
    if (auto held = lock_->try_acquire()) return held;
  }
  while (true) {
    const Look now = look_past_busy();
    if (!now.error && settled(set, now, Seen::without_lock, options, report)) return nullptr;
    if (!now.error && !now.holder) {
      const Run* failure = waiting_.watched->failure_in(now.history);
      if (failure != nullptr && is_planned(plan_, *failure)) {
        report.outcome = Outcome::failed;
        report.error = failure_of_another(*failure);
        return nullptr;
      }
      // A holder that the look shows is there: trying would only add to its load.
      if (auto held = lock_->try_acquire()) return held;
    }
    if (!stays_after(now, options, report)) return nullptr;
  }
}

std::optional<milliseconds> Migrator::migrate(const MigrationSet& set,
                                              const MigrateOptions& options,
                                              MigrateReport& report) {
  const Arrival arrival = waiting_.watched ? Arrival::again : Arrival::first;
  const Look first = look(arrival == Arrival::again ? Depth::history_and_lock : Depth::history);
  if (settled(set, first, Seen::without_lock, options, report)) return std::nullopt;
  if (!waiting_.watched) waiting_.watched.emplace(first.history);
  // Nothing more than this look is asked of a server that is still full.
  if (first.holder && !stays_after(first, options, report)) return leaves_for_;
  prepare();
  const auto held = wait_for_lock(set, options, report, arrival);
  if (!held) return leaves_for_;
  parts_.reporter.report({parts_.target, LockTaken{waited()}});
  Look second = look(Depth::history);
  settle(set, *held, second.history);
  if (settled(set, second, Seen::under_lock, options, report)) return std::nullopt;
  const auto writer = parts_.make_writer(second.history.schema);
  Applier(parts_, *held, *writer, options, report).apply(plan_, second.history);
  return std::nullopt;
}

// What the catalog tells of interrupted statements is kept before anything else is done.
void Migrator::settle(const MigrationSet& set, const HeldLock& held, History& history) {
  if (parts_.catalog == nullptr || history.journal.empty()) return;
  end_former_holder(parts_, set, history);
  const SettledInterruptions settled =
      settle_interruptions(parts_.session, *parts_.catalog, set, history);
  for (const Finding& finding : settled.findings) {
    parts_.reporter.report({parts_.target, Found{finding}});
  }
  if (settled.done.empty()) return;
  const auto writer = parts_.make_writer(history.schema);
  Transaction transaction;
  transaction.label = "journal";
  transaction.guards = held.guards();
  transaction.epilogue = writer->journal(settled.done);
  run_or_throw(parts_.session, transaction);
}

void Migrator::change_history(
    std::optional<milliseconds> wait_limit,
    const std::function<std::vector<Query>(const History&, const HistoryWriter&)>& change) {
  const TimePoint deadline = wait_limit ? *waiting_.since + *wait_limit : kNever;
  prepare();
  std::unique_ptr<HeldLock> held = lock_->try_acquire();
  while (!held) {
    const Look busy = look(Depth::history_and_lock);
    tell_busy(busy);
    if (parts_.clock.now() >= deadline) {
      throw Error(ErrorCode::blocked, "another replica is migrating",
                  "try again when it is done; 'tidegate status' shows how far it is");
    }
    pause(std::min(deadline, parts_.clock.now() + pauses_.next()));
    held = lock_->try_acquire();
  }
  const Look now = look(Depth::history);
  const auto writer = parts_.make_writer(now.history.schema);
  Transaction transaction;
  transaction.label = "history";
  transaction.guards = held->guards();
  if (!now.history.writable_as_it_is) transaction.epilogue = writer->create();
  for (Query& query : change(now.history, *writer)) {
    transaction.epilogue.push_back(std::move(query));
  }
  run_or_throw(parts_.session, transaction);
}

}  // namespace tidegate
