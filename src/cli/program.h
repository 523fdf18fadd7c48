#pragma once

namespace tidegate::cli {

/// The whole program: understands what it is told, runs the command, and returns the exit code.
/// With a command after `--` and a good end it becomes that command and doesn't return.
int run_program(int argument_count, char** arguments, const char* const* environment);

}  // namespace tidegate::cli
