#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "tidegate/reporter.h"

namespace tidegate {

/// A reporter that tells what is worth a line in a log, in the program's own words: `write` is
/// called with whole lines, each with its line end.
///
/// Threads: any; calls of `write` don't overlap.
std::unique_ptr<Reporter> make_line_reporter(std::function<void(std::string_view lines)> write);

}  // namespace tidegate
