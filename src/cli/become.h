#pragma once

#include <string>
#include <vector>

#include "report/exit_code.h"
#include "report/output.h"

namespace tidegate::cli {

/// Makes this process the given command (exec), found in PATH. Returns only when that failed: 127
/// when there is no such command, 126 when it can't be run, after saying so on `err`.
ExitCode become(const std::vector<std::string>& command, Output& err);

}  // namespace tidegate::cli
