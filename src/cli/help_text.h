#pragma once

#include <string>

#include "cli/command.h"

namespace tidegate::cli {

/// The few lines for who gave no command.
std::string short_usage();

/// What the program is, its commands and the flags that all of them have.
std::string general_help();

/// One command: its form, what it does, its flags.
std::string command_help(const Command& command);

/// The command's form: `tidegate migrate [FLAGS] [-- COMMAND…]`.
std::string form_of(const Command& command);

/// A setting as it is written: `-d, --database URL`.
std::string form_of(const Setting& setting);

}  // namespace tidegate::cli
