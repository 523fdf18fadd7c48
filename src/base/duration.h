#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate {

/// What `500ms`, `5s`, `2m`, `1h` or `1m30s` mean; nothing for any other text, a number without a
/// unit included (5 of what?), and for more than `kLongestDuration`.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// A year; longer waits are typing errors, and this many milliseconds can be added to any clock.
inline constexpr std::chrono::milliseconds kLongestDuration = std::chrono::hours(24 * 366);

/// For people: `<1 ms`, `12 ms`, `1.2 s`, `2m05s`, `1h02m`.
std::string shown_duration(std::chrono::microseconds duration);

/// The way a person would type it: `5m`, `1m30s`, `500ms`, `0s`.
std::string typed_duration(std::chrono::milliseconds duration);

}  // namespace tidegate
