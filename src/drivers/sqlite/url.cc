#include "drivers/sqlite/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace tidegate::sqlite {

namespace {

constexpr std::string_view kScheme = "sqlite:";

Error usage(std::string message, std::string hint = {}) {
  return {ErrorCode::usage, std::move(message), std::move(hint)};
}

std::string decode_percent(std::string_view path) {
  std::string decoded;
  decoded.reserve(path.size());
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (path[at] != '%') {
      decoded += path[at];
      continue;
    }
    const std::string_view digits = path.substr(at + 1, 2);
    unsigned value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc() || digits.size() != 2 || end != digits.data() + 2) {
      throw usage(fmt::format("'%{}' in the path '{}' is not a percent escape", digits, path),
                  "write a percent sign as %25");
    }
    decoded += static_cast<char>(value);
    at += 2;
  }
  return decoded;
}

void refuse_parameters(std::string_view path) {
  const std::size_t mark = path.find('?');
  if (mark == std::string_view::npos) return;
  const std::string_view name = path.substr(mark + 1, path.find_first_of("=&", mark) - mark - 1);
  throw usage(fmt::format("an sqlite URL takes no parameters, but this one has '{}'", name),
              "remove all from '?' on, or write a '?' that belongs to the path as %3F");
}

}  // namespace

bool has_scheme(std::string_view text) {
  return text.size() >= kScheme.size() &&
         std::equal(kScheme.begin(), kScheme.end(), text.begin(), [](char left, char right) {
           return left == std::tolower(static_cast<unsigned char>(right));
         });
}

DatabaseUrl parse_url(std::string_view text) {
  if (!has_scheme(text)) {
    throw usage(fmt::format("'{}' is not an sqlite URL", text), "write it as sqlite:PATH");
  }
  std::string_view rest = text.substr(kScheme.size());
  if (rest.starts_with(":memory:")) {
    throw usage("a database in memory lives only in the process that opened it",
                "name a file: sqlite:PATH");
  }
  if (rest.starts_with("//")) rest.remove_prefix(2);
  refuse_parameters(rest);
  std::string path = decode_percent(rest);
  if (path.empty()) throw usage("an sqlite URL needs a path", "write it as sqlite:PATH");
  if (path.find('\0') != std::string::npos) {
    throw usage("a path can't hold a zero byte", "remove %00 from the URL");
  }
  std::string shown = fmt::format("{}{}", kScheme, path);
  return {.text = std::string(text),
          .engine = "sqlite",
          .shown = std::move(shown),
          .database = std::move(path)};
}

}  // namespace tidegate::sqlite
