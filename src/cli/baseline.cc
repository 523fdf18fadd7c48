#include <fmt/format.h>

#include "cli/all_commands.h"
#include "cli/operand.h"
#include "cli/targets.h"
#include "report/printable.h"

namespace tidegate::cli {
namespace {

ExitCode run_baseline(Context& context) {
  const Version version = version_operand(context.options);
  auto targets = open_targets(context, Schemas::each, context.signals.stop());
  const MigrationSet set = load_migrations(context);
  require_known(set, version, "baseline");
  for (TargetDatabase& target : targets) {
    try {
      const std::size_t count = target.database.baseline(set, version).size();
      context.reporter.tell(
          {target.name(),
           "baseline_recorded",
           fmt::format("recorded {} migration{} up to {} as applied on {}; nothing was run", count,
                       count == 1 ? "" : "s", printable(version.text()), printable(target.name())),
           {{"version", version.text()}}});
    } catch (const Error& error) {
      return tell_end(context, *target.reporter, error);
    }
  }
  return ExitCode::done;
}

}  // namespace

const Command kBaselineCommand = {
    .name = "baseline",
    .operand = "VERSION",
    .summary = "record everything up to a version as applied, without running it",
    .description =
        "For a database that had its schema before it had Tidegate: records every migration up to "
        "VERSION as applied and runs none. Refuses where something is recorded already.",
    .run = run_baseline,
};

}  // namespace tidegate::cli
