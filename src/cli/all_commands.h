#pragma once

#include <span>
#include <string_view>

#include "cli/command.h"

namespace tidegate::cli {

/// Every command, in the order in which help lists them.
std::span<const Command* const> all_commands();

/// The command of that name, or null.
const Command* find_command(std::string_view name);

extern const Command kNewCommand;
extern const Command kMigrateCommand;
extern const Command kRollbackCommand;
extern const Command kWaitCommand;
extern const Command kStatusCommand;
extern const Command kPlanCommand;
extern const Command kCreateCommand;
extern const Command kDropCommand;
extern const Command kBaselineCommand;
extern const Command kAcceptCommand;
extern const Command kResolveCommand;
extern const Command kGenerateCommand;
extern const Command kFormatsCommand;
extern const Command kVersionCommand;
extern const Command kHelpCommand;
extern const Command kCompletionCommand;

}  // namespace tidegate::cli
