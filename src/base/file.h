#pragma once

#include <string>

namespace tidegate {

/// All of a file's bytes. Follows symbolic links; never waits for a pipe's other end.
///
/// Writes: nothing. Throws: Error{usage} naming `path`, when it is absent, unreadable or not a
/// file.
std::string read_file(const std::string& path);

}  // namespace tidegate
