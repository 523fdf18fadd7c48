#include <fmt/format.h>

#include "cli/all_commands.h"
#include "cli/operand.h"
#include "cli/targets.h"
#include "report/event_text.h"
#include "report/printable.h"

namespace tidegate::cli {
namespace {

/// Throws: Error{usage} unless exactly one answer was given.
Interrupted answer_of(const Options& options) {
  if ((options.done == Switch::on) == (options.undone == Switch::on)) {
    throw Error(ErrorCode::usage, "resolve needs one answer: --done or --undone",
                "look at the database, then say whether the interrupted statement took effect");
  }
  return options.done == Switch::on ? Interrupted::took_effect : Interrupted::left_nothing;
}

ExitCode run_resolve(Context& context) {
  const Version version = version_operand(context.options);
  const Interrupted answer = answer_of(context.options);
  auto targets = open_targets(context, Schemas::each, context.signals.stop());
  const MigrationSet set = load_migrations(context);
  require_known(set, version, "resolve");
  for (TargetDatabase& target : targets) {
    try {
      target.database.resolve(set, version, answer);
      context.reporter.tell(
          {target.name(),
           "interruption_resolved",
           fmt::format("noted on {} that the interrupted statement of {} {}; 'tidegate migrate' "
                       "goes on from there",
                       printable(target.name()), shown_migration(version, set.find(version)->name),
                       answer == Interrupted::took_effect ? "took effect" : "left nothing"),
           {{"version", version.text()}}});
    } catch (const Error& error) {
      return tell_end(context, *target.reporter, error);
    }
  }
  return ExitCode::done;
}

}  // namespace

const Command kResolveCommand = {
    .name = "resolve",
    .operand = "VERSION",
    .summary = "answer whether an interrupted statement took effect",
    .description =
        "A migration outside a transaction that was killed inside a statement leaves a question "
        "that only a look at the database answers. Say --done if that statement took effect, "
        "--undone if it left nothing behind; the next migrate goes on from there.",
    .run = run_resolve,
};

}  // namespace tidegate::cli
