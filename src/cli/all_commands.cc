#include "cli/all_commands.h"

namespace tidegate::cli {
namespace {

constexpr const Command* kCommands[] = {
    &kNewCommand,      &kMigrateCommand, &kRollbackCommand, &kWaitCommand,
    &kStatusCommand,   &kPlanCommand,    &kCreateCommand,   &kDropCommand,
    &kBaselineCommand, &kAcceptCommand,  &kResolveCommand,  &kGenerateCommand,
    &kFormatsCommand,  &kVersionCommand, &kHelpCommand,     &kCompletionCommand};

}  // namespace

std::span<const Command* const> all_commands() { return kCommands; }

const Command* find_command(std::string_view name) {
  for (const Command* command : kCommands) {
    if (command->name == name) return command;
  }
  return nullptr;
}

}  // namespace tidegate::cli
