#include "cli/all_commands.h"
#include "cli/run_command.h"

namespace tidegate::cli {

const Command kMigrateCommand = {
    .name = "migrate",
    .summary = "apply what is pending; any number of replicas may do so at once",
    .description =
        "Applies the migrations that are pending, in the order of their versions, each in a "
        "transaction with its record.\n\n"
        "Every replica may run this at the same moment: one applies, the others wait without "
        "harming it and go on when the work is done. With nothing pending it takes no lock and "
        "writes nothing.\n\n"
        "With a command after --, this process becomes that command once all is applied: the same "
        "process id, its signals and its exit code.",
    .becomes = Command::Becomes::yes,
    .run = run_on_each,
};

}  // namespace tidegate::cli
