#pragma once

#include <string>

namespace tidegate {

/// Whether that process is stopped (SIGSTOP, a terminal's Ctrl-Z, a debugger) and has the file open
/// that `descriptor` is open on: so it is the one that is meant, and not another machine's or
/// container's of that number. False where nobody can tell.
bool is_stopped_with_file(int process, int descriptor);

/// What to say of it: that it is stopped, and the two commands.
std::string stopped_text(int process);

}  // namespace tidegate
