#include <fmt/format.h>

#include <vector>

#include "base/nearest.h"
#include "cli/all_commands.h"
#include "cli/help_text.h"
#include "cli/man_page.h"
#include "cli/secrets.h"
#include "tidegate/error.h"

namespace tidegate::cli {
namespace {

ExitCode run_help(Context& context) {
  const Options& options = context.options;
  if (options.man == Switch::on) {
    context.out.write(man_page());
  } else if (options.operands.empty()) {
    context.out.write(general_help());
  } else if (const Command* command = find_command(options.operands.front())) {
    context.out.write(command_help(*command));
  } else {
    std::vector<std::string_view> known;
    for (const Command* one : all_commands()) known.push_back(one->name);
    const std::string_view near = nearest(options.operands.front(), known);
    throw Error(ErrorCode::usage,
                fmt::format("there is no command '{}'", masked(options.operands.front())),
                near.empty() ? "see 'tidegate help'" : fmt::format("did you mean {}?", near));
  }
  return ExitCode::done;
}

}  // namespace

const Command kHelpCommand = {
    .name = "help",
    .operand = "[COMMAND]",
    .summary = "tell about the program, or about a command",
    .description = "Tells what the program or one of its commands does, and all flags.",
    .run = run_help,
};

}  // namespace tidegate::cli
