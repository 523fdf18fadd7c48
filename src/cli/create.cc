#include "cli/all_commands.h"
#include "cli/targets.h"
#include "report/printable.h"

namespace tidegate::cli {
namespace {

ExitCode run_create(Context& context) {
  for (TargetDatabase& target : open_targets(context, Schemas::none, context.signals.stop())) {
    const std::string name = printable(target.name());
    try {
      if (target.database.create()) {
        context.reporter.tell({target.name(), "database_created", "created " + name});
      } else {
        context.reporter.tell({target.name(), "database_kept", name + " is there already"});
      }
    } catch (const Error& error) {
      return tell_end(context, *target.reporter, error);
    }
  }
  return ExitCode::done;
}

}  // namespace

const Command kCreateCommand = {
    .name = "create",
    .summary = "make the database itself",
    .description = "Makes the database that --database names, unless it is there already.",
    .run = run_create,
};

}  // namespace tidegate::cli
