#include "cli/run_command.h"

#include <fmt/format.h>

#include <algorithm>
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

ExitCode run_on(Context& context, TargetDatabase& target, const MigrationSet& set) {
  try {
    const MigrateReport report = target.database.migrate(set, context.options.migrate);
    tell_outcome(report, set, *target.reporter);
    return exit_code_of(report.outcome);
  } catch (const Error& error) {
    return tell_end(context, *target.reporter, error);
  }
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
  for (TargetDatabase& target : targets) {
    const ExitCode code = run_on(context, target, set_for(sets, target.database.engine()));
    if (code != ExitCode::done) return code;
  }
  return ExitCode::done;
}

}  // namespace tidegate::cli
