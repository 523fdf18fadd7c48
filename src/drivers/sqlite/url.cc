#include "drivers/sqlite/url.h"

#include <fmt/format.h>

#include <charconv>

#include "base/ascii.h"

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

/// What follows a '?', which is left out of `rest`.
std::string_view take_parameters(std::string_view& rest) {
  const std::size_t mark = rest.find('?');
  if (mark == std::string_view::npos) return {};
  const std::string_view parameters = rest.substr(mark + 1);
  rest = rest.substr(0, mark);
  return parameters;
}

void check_parameters(std::string_view parameters) {
  if (parameters.empty() || parameters == "mode=rw" || parameters == "mode=ro") return;
  throw usage(fmt::format("an sqlite URL takes mode=ro or mode=rw and nothing else, but this one "
                          "has '{}'",
                          parameters),
              "remove it, or write a '?' that belongs to the path as %3F");
}

}  // namespace

bool has_scheme(std::string_view text) {
  return equals_ignoring_case(text.substr(0, kScheme.size()), kScheme);
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
  check_parameters(take_parameters(rest));
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

Mode mode_of(const DatabaseUrl& url) {
  std::string_view rest = url.text;
  return take_parameters(rest) == "mode=ro" ? Mode::read_only : Mode::read_write;
}

}  // namespace tidegate::sqlite
