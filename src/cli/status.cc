#include "cli/all_commands.h"
#include "cli/targets.h"
#include "report/status_report.h"

namespace tidegate::cli {
namespace {

ExitCode run_status(Context& context) {
  const Options& options = context.options;
  context.signals.end_at_once([&] { context.reporter.clear(); });
  std::vector<TargetDatabase> targets =
      open_targets(context, Schemas::each, context.signals.stop());
  const MigrationSet set = load_migrations(context);
  const Check check = options.check == Switch::on ? Check::yes : Check::no;
  std::vector<DatabaseStatus> seen;
  std::vector<ExitCode> codes;
  for (TargetDatabase& target : targets) {
    seen.push_back({target.name(), target.schema, target.database.status(set)});
    codes.push_back(exit_code_of_status(seen.back().status.state.verdict, check));
  }
  if (options.json == Switch::on || options.log_format == ReportFormat::json) {
    context.reporter.print(status_json(set, seen));
  } else if (options.loudness == Loudness::normal) {
    for (const DatabaseStatus& one : seen) {
      context.reporter.print((&one == &seen.front() ? "" : "\n") +
                             status_text(set, one, context.palette));
    }
  }
  return worst(codes);
}

}  // namespace

const Command kStatusCommand = {
    .name = "status",
    .summary = "show what is applied, pending, running, failed or missing",
    .description =
        "Shows every migration of the build and of the history, and the verdict of the gate with "
        "its reason. Takes no lock, writes nothing and needs to read only.\n\n"
        "Exits 6 when the server can't be reached. With --check it also exits 3 when something "
        "that this build needs isn't there, and 7 when a person is needed.",
    .run = run_status,
};

}  // namespace tidegate::cli
