#include "cli/run_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "cli/show_plan.h"
#include "cli/targets.h"
#include "report/event_text.h"

namespace tidegate::cli {
namespace {

const Migration* failed_migration(const MigrationSet& set, const Error& error) {
  for (const Migration& migration : set.migrations) {
    const bool down = migration.down && migration.down->file == error.place.file;
    if (down || migration.up.file == error.place.file) return &migration;
  }
  return nullptr;
}

std::string rest_of(const Migration& migration, const MigrateReport& report) {
  const bool down = migration.down && migration.down->file == report.error->place.file;
  const Script& script = down ? *migration.down : migration.up;
  const bool in_part =
      report.failed_in_part || script.directives.transactional == Transactional::no;
  if (!in_part) return "nothing of it is left";
  return "what its earlier statements did stays, and the next run goes on after them";
}

/// The last word on a failed run: what became of all that isn't the failing statement.
Error summary_of_failure(const MigrateReport& report, const MigrationSet& set) {
  std::string message = "a migration failed";
  std::string rest;
  if (report.error) {
    if (const Migration* migration = failed_migration(set, *report.error)) {
      message = shown_migration(migration->version, migration->name) + " failed";
      rest = "; " + rest_of(*migration, report);
    }
  }
  const std::size_t count = report.applied.size();
  if (count > 0) {
    rest += fmt::format("; {} before it {}", count == 1 ? "the one" : fmt::format("the {}", count),
                        count == 1 ? "stays" : "stay");
  }
  return Error(ErrorCode::statement_failed, message + rest);
}

void tell_outcome(const MigrateReport& report, const MigrationSet& set, TargetReporter& reporter) {
  for (const Finding& finding : report.findings) reporter.report({{}, Found{finding}});
  switch (report.outcome) {
    case Outcome::done:
    case Outcome::nothing_to_do:
      return;
    case Outcome::blocked:
      reporter.report(
          {{}, Ended{Error(ErrorCode::blocked, "a person has to decide first; nothing was run")}});
      return;
    case Outcome::failed:
      // A failure of ours was told when it happened; that of the replica we waited for was not.
      if (reporter.told_of_failure() || !report.error) {
        reporter.report({{}, Ended{summary_of_failure(report, set)}});
        return;
      }
      [[fallthrough]];
    case Outcome::busy:
      if (report.error) reporter.report({{}, Ended{*report.error}});
  }
}

/// The migrations, checked for one engine.
struct SetForEngine {
  std::string_view engine;
  MigrationSet set;
};

std::vector<SetForEngine> checked_for_each(Context& context, MigrationSet set,
                                           const std::vector<TargetDatabase>& targets) {
  std::set<std::string_view> engines;
  for (const TargetDatabase& target : targets) engines.insert(target.database.engine());
  std::vector<SetForEngine> sets;
  for (const std::string_view engine : engines) {
    // The last needs no copy of its own.
    const bool last = sets.size() + 1 == engines.size();
    MigrationSet own = last ? std::move(set) : set;
    sets.push_back({engine, checked(context, std::move(own), engine)});
  }
  return sets;
}

const MigrationSet& set_for(const std::vector<SetForEngine>& sets, std::string_view engine) {
  return std::find_if(sets.begin(), sets.end(),
                      [&](const SetForEngine& one) { return one.engine == engine; })
      ->set;
}

Error stopped_after(const TargetsProgress& progress) {
  return Error(ErrorCode::statement_failed,
               fmt::format("{} of {} schemas are ready, {} of them changed by this replica; the "
                           "others weren't tried",
                           progress.done_count, progress.total_count, *progress.changed_count),
               "mend what failed and run it again: what is ready stays so");
}

enum class Busy { waits, comes_back };

/// What became of one database; no code when another replica is at it and it is to come back.
struct Ran {
  std::optional<ExitCode> code;
  bool changed = false;
};

Ran run_on(Context& context, TargetDatabase& target, const MigrationSet& set, Busy busy) {
  MigrateOptions options = context.options.migrate;
  if (busy == Busy::comes_back) options.wait_limit = std::chrono::milliseconds(0);
  try {
    const MigrateReport report = target.database.migrate(set, options);
    if (report.outcome == Outcome::busy && busy == Busy::comes_back) return {};
    tell_outcome(report, set, *target.reporter);
    return {exit_code_of(report.outcome), report.outcome == Outcome::done};
  } catch (const Error& error) {
    return {tell_end(context, *target.reporter, error)};
  }
}

ExitCode run_in_order(Context& context, std::vector<TargetDatabase>& targets,
                      const std::vector<SetForEngine>& sets) {
  for (TargetDatabase& target : targets) {
    const MigrationSet& set = set_for(sets, target.database.engine());
    const ExitCode code = *run_on(context, target, set, Busy::waits).code;
    if (code != ExitCode::done) return code;
  }
  return ExitCode::done;
}

/// Many databases, of which other replicas do their part: each replica goes through them in an
/// order of its own, passes by those that another is at, and sees to them in the end.
ExitCode run_shared(Context& context, std::vector<TargetDatabase>& targets,
                    const std::vector<SetForEngine>& sets) {
  const TimePoint started = context.clock.now();
  std::deque<TargetDatabase*> left;
  for (TargetDatabase& target : targets) left.push_back(&target);
  std::shuffle(left.begin(), left.end(), std::minstd_rand(context.clock.seed()));
  TargetsProgress progress{0, targets.size(), 0, {}};
  for (std::size_t tried = 0; !left.empty(); ++tried) {
    TargetDatabase& target = *left.front();
    left.pop_front();
    const MigrationSet& set = set_for(sets, target.database.engine());
    const Busy busy = tried < targets.size() ? Busy::comes_back : Busy::waits;
    const Ran ran = run_on(context, target, set, busy);
    if (!ran.code) {
      left.push_back(&target);
      continue;
    }
    if (*ran.code != ExitCode::done) {
      context.reporter.report({{}, Ended{stopped_after(progress)}});
      return *ran.code;
    }
    ++progress.done_count;
    if (ran.changed) ++*progress.changed_count;
    progress.elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(context.clock.now() - started);
    context.reporter.report({{}, progress});
  }
  return ExitCode::done;
}

}  // namespace

ExitCode run_on_each(Context& context) {
  if (context.options.dry_run == Switch::on) return show_plan(context);
  std::vector<TargetDatabase> targets =
      open_targets(context, Schemas::each, context.signals.stop());
  MigrationSet set = load_migrations(context);
  require_known_target(set, context.options.migrate.policy);
  // Every engine's check comes before the first database is touched: one bad file, nothing runs.
  const std::vector<SetForEngine> sets = checked_for_each(context, std::move(set), targets);
  return targets.size() > kFewTargets ? run_shared(context, targets, sets)
                                      : run_in_order(context, targets, sets);
}

}  // namespace tidegate::cli
