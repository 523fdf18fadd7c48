#pragma once

#include "cli/command.h"

namespace tidegate::cli {

/// Prints what `migrate` or `rollback` would do on each database, and does nothing. What `plan`
/// and `--dry-run` are.
ExitCode show_plan(Context& context);

}  // namespace tidegate::cli
