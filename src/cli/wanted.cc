#include "cli/wanted.h"

#include <fmt/format.h>

#include <charconv>

#include "base/duration.h"
#include "cli/secrets.h"
#include "tidegate/error.h"

namespace tidegate::cli {
namespace {

[[noreturn]] void refuse(const Given& given, std::string_view what, std::string hint) {
  throw Error(ErrorCode::usage,
              fmt::format("{}: '{}' is {}", given.where, masked(given.values.front()), what),
              std::move(hint));
}

std::string duration_hint(std::string_view text) {
  const bool bare = text.find_first_not_of("0123456789") == std::string_view::npos;
  if (bare && !text.empty() && text.size() < 10) {
    return fmt::format("say of what: {0}s, {0}ms, {0}m or {0}h", text);
  }
  return "write 500ms, 5s, 2m or 1h";
}

}  // namespace

void Wanted::read(std::string_view name, std::string& text) const {
  if (const Given* given = find(name)) text = given->values.front();
}

void Wanted::read(std::string_view name, std::vector<std::string>& list) const {
  if (const Given* given = find(name)) list = given->values;
}

void Wanted::read(std::string_view name, Switch& value) const {
  if (const Given* given = find(name)) value = means_on(*given) ? Switch::on : Switch::off;
}

void Wanted::read(std::string_view name, std::optional<Version>& version) const {
  const Given* given = find(name);
  if (given == nullptr) return;
  version = Version::parse_integer(given->values.front());
  if (!version) refuse(*given, "no version", "a version is the number a file's name begins with");
}

std::optional<std::chrono::milliseconds> Wanted::duration(std::string_view name) const {
  const Given* given = find(name);
  if (given == nullptr) return std::nullopt;
  const std::string& text = given->values.front();
  const auto parsed = parse_duration(text);
  if (!parsed) refuse(*given, "no duration", duration_hint(text));
  return parsed;
}

std::optional<std::uint32_t> Wanted::count(std::string_view name) const {
  const Given* given = find(name);
  if (given == nullptr) return std::nullopt;
  const std::string& text = given->values.front();
  std::uint32_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size() || number == 0) {
    refuse(*given, "no count", "write a whole number from 1");
  }
  return number;
}

std::optional<std::size_t> Wanted::choice(std::string_view name) const {
  const Given* given = find(name);
  if (given == nullptr) return std::nullopt;
  const auto choices = find_setting(name)->choices;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i] == given->values.front()) return i;
  }
  refuse(*given, "none of the choices", fmt::format("write {}", fmt::join(choices, ", ")));
}

}  // namespace tidegate::cli
