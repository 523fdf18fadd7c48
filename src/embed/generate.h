#pragma once

#include <string>

#include "tidegate/migration.h"

namespace tidegate::embed {

/// The two files that make a folder a part of a program.
struct Generated {
  std::string header;
  std::string source;
};

/// Makes them. `name` is the C++ function that gives the folder, and the files' name.
Generated generate(const MigrationSet& set, const std::string& name);

/// `text` as a C++ string literal, one line of it to a line. What isn't plain ASCII is in octal
/// digits, so that no compiler's idea of source text changes it.
std::string literal_of(std::string_view text);

}  // namespace tidegate::embed
