#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "cli/all_commands.h"
#include "cli/targets.h"
#include "report/printable.h"

namespace tidegate::cli {
namespace {

/// A line from standard input, without its end; what there is at the end of the input.
std::string read_line() {
  std::string line;
  char c = 0;
  while (true) {
    const ssize_t count = read(STDIN_FILENO, &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count != 1 || c == '\n') return line;
    line += c;
  }
}

bool said_yes(Context& context, const std::string& question) {
  context.err.write(question + " [y/N] ");
  // A signal must end the process although it is blocked in reading.
  context.signals.end_at_once([&] { context.err.write("\n"); });
  const std::string answer = read_line();
  context.signals.end_at_once({});
  return answer == "y" || answer == "Y" || answer == "yes";
}

/// Throws: Error{usage} when nobody can be asked.
bool may_drop(Context& context, const std::vector<TargetDatabase>& targets) {
  if (context.options.yes == Switch::on || context.options.force == Switch::on) return true;
  std::string names;
  for (const TargetDatabase& target : targets) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", printable(target.name()));
  }
  if (isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1) {
    throw Error(ErrorCode::usage, fmt::format("not dropping {} without being asked to", names),
                "give --yes");
  }
  return said_yes(context, fmt::format("Drop {} with all that is in it?", names));
}

ExitCode run_drop(Context& context) {
  auto targets = open_targets(context, Schemas::none, context.signals.stop());
  if (!may_drop(context, targets)) {
    context.err.write("nothing was dropped\n");
    return ExitCode::failed;
  }
  const bool end_other_sessions = context.options.force == Switch::on;
  for (TargetDatabase& target : targets) {
    const std::string name = printable(target.name());
    try {
      if (target.database.drop(end_other_sessions)) {
        context.reporter.tell({target.name(), "database_dropped", "dropped " + name});
      } else {
        context.reporter.tell({target.name(), "database_absent", name + " is not there"});
      }
    } catch (const Error& error) {
      return tell_end(context, *target.reporter, error);
    }
  }
  return ExitCode::done;
}

}  // namespace

const Command kDropCommand = {
    .name = "drop",
    .summary = "drop the database itself, with all that is in it",
    .description =
        "Drops the database that --database names, if it is there. Asks first; where nobody can be "
        "asked, --yes is needed. With --force the sessions of others are ended first.",
    .run = run_drop,
};

}  // namespace tidegate::cli
