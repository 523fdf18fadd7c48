#include "base/duration.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

namespace tidegate {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Takes a unit off the front. `ms` before `m`, since it begins like it.
std::optional<milliseconds> take_unit(std::string_view& text) {
  struct Unit {
    std::string_view name;
    milliseconds length;
  };
  static constexpr Unit kUnits[] = {
      {"ms", milliseconds(1)}, {"s", seconds(1)}, {"m", minutes(1)}, {"h", hours(1)}};
  for (const Unit& unit : kUnits) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return unit.length;
  }
  return std::nullopt;
}

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return milliseconds(0);  // the same in every unit
  if (text.empty()) return std::nullopt;
  milliseconds sum(0);
  while (!text.empty()) {
    std::uint32_t count = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (failure != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto unit = take_unit(text);
    if (!unit) return std::nullopt;
    sum += *unit * count;
    if (sum > kLongestDuration) return std::nullopt;
  }
  return sum;
}

std::string shown_duration(microseconds duration) {
  const auto whole_milliseconds = duration.count() / 1'000;
  if (whole_milliseconds < 1) return "<1 ms";
  if (whole_milliseconds < 1'000) return fmt::format("{} ms", whole_milliseconds);
  const auto tenths = whole_milliseconds / 100;
  if (tenths < 600) return fmt::format("{}.{} s", tenths / 10, tenths % 10);
  const auto whole_seconds = tenths / 10;
  if (whole_seconds < 3'600) {
    return fmt::format("{}m{:02}s", whole_seconds / 60, whole_seconds % 60);
  }
  return fmt::format("{}h{:02}m", whole_seconds / 3'600, whole_seconds / 60 % 60);
}

std::string typed_duration(milliseconds duration) {
  if (duration.count() == 0) return "0s";
  std::string text;
  auto rest = duration.count();
  if (rest >= 3'600'000) text += fmt::format("{}h", rest / 3'600'000);
  rest %= 3'600'000;
  if (rest >= 60'000) text += fmt::format("{}m", rest / 60'000);
  rest %= 60'000;
  if (rest >= 1'000) text += fmt::format("{}s", rest / 1'000);
  rest %= 1'000;
  if (rest > 0) text += fmt::format("{}ms", rest);
  return text;
}

}  // namespace tidegate
