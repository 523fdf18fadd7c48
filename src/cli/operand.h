#pragma once

#include "cli/options.h"

namespace tidegate::cli {

/// The command's one word as a version.
///
/// Throws: Error{usage}.
Version version_operand(const Options& options);

}  // namespace tidegate::cli
