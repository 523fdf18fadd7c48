#pragma once

#include <string>

namespace tidegate::cli {

/// tidegate(1) in roff, made from the tables of commands and settings.
std::string man_page();

}  // namespace tidegate::cli
