#pragma once

#include <chrono>

namespace tidegate {

/// What telling the end of a run may take when a stop was requested already.
inline constexpr std::chrono::milliseconds kLastWords{3'000};

}  // namespace tidegate
