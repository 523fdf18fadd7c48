#pragma once

#include "cli/command.h"

namespace tidegate::cli {

/// Applies or reverts what the options say on one database after the other, and stops at the first
/// where it doesn't end well. Many of them (tenants) are shared with the other replicas: each is
/// changed by one. What `migrate` and `rollback` are.
ExitCode run_on_each(Context& context);

}  // namespace tidegate::cli
