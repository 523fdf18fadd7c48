#include "formats/native_name.h"

#include <fmt/format.h>

#include "base/ascii.h"

namespace tidegate {
namespace {

constexpr std::string_view kSuffix = ".sql";

Finding finding(std::string_view rule, const std::string& path, std::string message,
                std::string recipe) {
  return {Severity::error, std::string(rule), {path}, std::move(message), std::move(recipe)};
}

std::string_view leading_digits(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && is_digit(text[size])) ++size;
  return text.substr(0, size);
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

}  // namespace

bool is_sql_file(std::string_view file_name) {
  return file_name.size() > kSuffix.size() &&
         equals_ignoring_case(file_name.substr(file_name.size() - kSuffix.size()), kSuffix);
}

std::optional<NativeName> parse_native_name(std::string_view file_name, const std::string& path,
                                            std::vector<Finding>& findings) {
  const auto refuse = [&](std::string_view rule, std::string message, std::string recipe) {
    findings.push_back(finding(rule, path, std::move(message), std::move(recipe)));
    return std::nullopt;
  };
  std::string_view stem = file_name;
  if (!take_suffix(stem, kSuffix)) {
    return refuse("file_suffix", fmt::format("{} doesn't end in {}", file_name, kSuffix),
                  fmt::format("write the suffix in lower case: {}", kSuffix));
  }
  const bool down = take_suffix(stem, ".down");
  const std::string_view digits = leading_digits(stem);
  if (digits.empty()) {
    return refuse("name_without_version",
                  fmt::format("{} has no version: its name doesn't begin with a number", file_name),
                  "rename it to VERSION_name.sql, or move it to another folder");
  }
  const std::optional<Version> version = Version::parse_integer(digits);
  if (!version) {
    return refuse("version_out_of_range",
                  fmt::format("version {} of {} is above 9223372036854775807", digits, file_name),
                  "give it a smaller number, such as a UTC time: YYYYMMDDhhmmss");
  }
  const std::string_view rest = stem.substr(digits.size());
  if (!rest.starts_with('_') || rest.size() == 1) {
    return refuse("name_missing",
                  fmt::format("{} has no name: an underscore and a name must follow version {}",
                              file_name, digits),
                  fmt::format("rename it to {}_name{}", digits, down ? ".down.sql" : ".sql"));
  }
  if (stem.ends_with(".up")) {
    return refuse("up_suffix",
                  fmt::format("{} ends in .up.sql, which another tool's folders have", file_name),
                  fmt::format("rename it to {}.sql", stem.substr(0, stem.size() - 3)));
  }
  return NativeName{*version, std::string(rest.substr(1)), down ? Direction::down : Direction::up};
}

}  // namespace tidegate
