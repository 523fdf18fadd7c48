#pragma once

#include <string>

namespace tidegate::cli {

/// Opens `path` with the command that TIDEGATE_EDITOR names, and waits for it; does nothing where
/// that isn't set.
///
/// Throws: Error{internal} when it can't be run or ends badly. The file stays.
void open_in_editor(const std::string& path);

}  // namespace tidegate::cli
