#include <fmt/format.h>

#include "cli/all_commands.h"
#include "cli/operand.h"
#include "cli/targets.h"
#include "report/event_text.h"
#include "report/printable.h"

namespace tidegate::cli {
namespace {

ExitCode run_accept(Context& context) {
  const Version version = version_operand(context.options);
  auto targets = open_targets(context, Schemas::each, context.signals.stop());
  const MigrationSet set = load_migrations(context);
  require_known(set, version, "accept");
  for (TargetDatabase& target : targets) {
    try {
      target.database.accept(set, version);
      context.reporter.tell(
          {target.name(),
           "edit_accepted",
           fmt::format("accepted {} as it is now on {}; nothing was run",
                       shown_migration(version, set.find(version)->name), printable(target.name())),
           {{"version", version.text()}}});
    } catch (const Error& error) {
      return tell_end(context, *target.reporter, error);
    }
  }
  return ExitCode::done;
}

}  // namespace

const Command kAcceptCommand = {
    .name = "accept",
    .operand = "VERSION",
    .summary = "record that an applied migration's file was edited on purpose",
    .description =
        "Takes the present text of VERSION's file as the one that was applied, so that the edit no "
        "longer blocks. Runs nothing: what the edit changes must be in the database by other "
        "means.",
    .run = run_accept,
};

}  // namespace tidegate::cli
