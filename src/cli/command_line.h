#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/values.h"

namespace tidegate::cli {

/// What the command line says, understood as far as its form goes.
struct CommandLine {
  std::string command;                ///< a name of the commands' table; empty: none was given
  std::vector<std::string> operands;  ///< the words that are neither flags nor their values
  std::vector<std::string> become;    ///< what stands after `--`
  Values values;                      ///< of flags
};

/// Takes the arguments apart, the program's own name not among them. Flags that every command has
/// may stand before or after the command.
///
/// Throws: Error{usage} for an unknown command or flag, a flag without its value, too many or too
/// few words.
CommandLine parse_command_line(std::span<const std::string> arguments);

}  // namespace tidegate::cli
