#pragma once

#include <string>
#include <string_view>

namespace tidegate::cli {

/// The completion script for `bash`, `zsh` or `fish`, made from the tables of commands and
/// settings; empty for another shell.
std::string completion_script(std::string_view shell);

}  // namespace tidegate::cli
