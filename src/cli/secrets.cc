#include "cli/secrets.h"

#include <cstring>

#include "base/ascii.h"

namespace tidegate::cli {
namespace {

constexpr std::string_view kMask = "…";

/// Where in an argument the value begins: after `--name=` or `-d`.
std::size_t value_offset(std::string_view argument) {
  if (argument.starts_with("--")) {
    const std::size_t sign = argument.find('=');
    return sign == std::string_view::npos ? 0 : sign + 1;
  }
  if (argument.starts_with("-d")) return argument.starts_with("-d=") ? 3 : 2;
  return 0;
}

}  // namespace

bool may_hold_secret(std::string_view text) {
  const std::string lower = to_lower(text);
  return lower.find('@') != std::string::npos || lower.find("password") != std::string::npos ||
         lower.find("passwd") != std::string::npos || lower.find("secret") != std::string::npos;
}

std::string masked(std::string_view text) {
  if (!may_hold_secret(text)) return std::string(text);
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return std::string(kMask);
  return std::string(text.substr(0, scheme + 3)) + std::string(kMask);
}

void wipe_secrets(int argument_count, char** arguments) {
  for (int i = 1; i < argument_count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--") return;
    const std::size_t offset = value_offset(argument);
    if (!may_hold_secret(argument.substr(offset))) continue;
    // The length stays: the kernel shows what lies between the first argument and the last.
    std::memset(arguments[i] + offset, '*', argument.size() - offset);
  }
}

}  // namespace tidegate::cli
