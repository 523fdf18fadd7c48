#include "cli/all_commands.h"
#include "cli/run_command.h"

namespace tidegate::cli {

const Command kRollbackCommand = {
    .name = "rollback",
    .summary = "revert the last migration, or several",
    .description =
        "Reverts applied migrations with their .down.sql, the newest first: one of them, or as far "
        "as --step, --to or --all says. A migration that has no undo stops it before anything "
        "is reverted.",
    .run = run_on_each,
};

}  // namespace tidegate::cli
