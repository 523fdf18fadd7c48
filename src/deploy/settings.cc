#include "deploy/settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "tidegate/error.h"

namespace tidegate::deploy {
namespace {

// `NAME-contract-TAG` has to be a label, of at most 63 characters.
constexpr std::size_t kLongestName = 30;
constexpr std::size_t kLongestTagLabel = 23;
constexpr std::uint32_t kHighestPort = 65535;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || is_digit(c); }

[[noreturn]] void refuse(std::string_view flag, std::string_view value, std::string_view what,
                         std::string hint) {
  throw Error(ErrorCode::usage, fmt::format("--{} '{}' {}", flag, value, what), std::move(hint));
}

/// Whether `text` is of letters, digits and `others` only: then no file takes it for anything else.
bool is_plain(std::string_view text, std::string_view others) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_digit(c) || is_ascii_letter(c) || others.find(c) != std::string_view::npos;
  });
}

bool is_label(std::string_view text, std::string_view others = {}) {
  return !text.empty() && is_lower_or_digit(text.front()) && is_lower_or_digit(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_lower_or_digit(c) || c == '-' || others.find(c) != std::string_view::npos;
         });
}

void check_name(const std::string& name) {
  const bool starts_well = !name.empty() && !is_digit(name.front());
  if (is_label(name) && starts_well && name.size() <= kLongestName) return;
  refuse("name", name, "is no name that a Kubernetes service can have",
         fmt::format("write at most {} of a-z, 0-9 and -, and a letter first: --name orders",
                     kLongestName));
}

void check_image(std::string_view flag, const std::string& image) {
  const std::string hint = fmt::format("write --{} registry.example/orders:1.4.0", flag);
  if (image.find('@') != std::string::npos) {
    refuse(flag, image, "has a digest", hint + ", and pin the digest in the files");
  }
  const ImageName parts = parts_of(image);
  if (!is_label(parts.repository, "./:_")) refuse(flag, image, "is no image", hint);
  if (parts.tag.empty()) refuse(flag, image, "has no tag", hint);
  if (parts.tag == "latest") {
    refuse(flag, image, "has a tag that stays the same",
           "give each build a tag of its own: the gate waits for what its own build needs, and a "
           "Job is named after it");
  }
  if (!is_plain(parts.tag, "._-") || label_of(parts.tag).empty()) {
    refuse(flag, image, "is no image", hint);
  }
}

void check_below_project(std::string_view flag, const std::string& path) {
  const bool outside = path.starts_with('/') || path == ".." || path.starts_with("../") ||
                       path.find("/../") != std::string::npos || path.ends_with("/..");
  if (outside || !is_plain(path, "._-/+")) {
    refuse(flag, path, "can't be put into an image",
           "name one below this folder, of letters, digits and ._-/+");
  }
}

void check_paths(const Settings& settings) {
  const auto check = [](std::string_view flag, const std::string& path) {
    if (path.starts_with('/') && is_plain(path, "/._-~")) return;
    refuse(flag, path, "is no path of a URL", fmt::format("write --{} /healthz", flag));
  };
  check("health-path", settings.health_path);
  check("ready-path", settings.ready_path);
}

void check_numbers(const Settings& settings) {
  if (settings.port > kHighestPort) {
    refuse("port", std::to_string(settings.port), "is no port", "write --port 8080");
  }
  if (settings.user_id > 0x7fffffffU) {
    refuse("user-id", std::to_string(settings.user_id), "is no user", "write --user-id 65532");
  }
  if (settings.deadline < std::chrono::seconds(1)) {
    refuse("deadline", std::to_string(settings.deadline.count()) + "s", "is too short",
           "write how long the longest migration may take: --deadline 10m");
  }
}

}  // namespace

ImageName parts_of(std::string_view image) {
  const std::size_t slash = image.rfind('/');
  const std::size_t colon = image.rfind(':');
  const bool has_tag =
      colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
  if (!has_tag) return {image, {}};
  return {image.substr(0, colon), image.substr(colon + 1)};
}

std::string label_of(std::string_view tag) {
  std::string label;
  for (const char c : tag.substr(0, kLongestTagLabel)) {
    label += is_digit(c) || is_ascii_letter(c) ? to_lower(c) : '-';
  }
  while (label.ends_with('-')) label.pop_back();
  return label;
}

std::string name_from_folder(std::string_view folder) {
  std::string name;
  for (const char c : folder) {
    const bool kept = is_digit(c) || is_ascii_letter(c);
    if (name.empty() && !is_ascii_letter(c)) continue;
    if (kept || !name.ends_with('-')) name += kept ? to_lower(c) : '-';
  }
  name.resize(std::min(name.size(), kLongestName));
  while (name.ends_with('-')) name.pop_back();
  return name.empty() ? "service" : name;
}

Settings checked(Settings settings) {
  const bool phoenix = settings.application == Application::phoenix;
  check_name(settings.name);
  if (settings.image.empty()) settings.image = settings.name + ":1.0.0";
  check_image("image", settings.image);
  if (settings.gate_image.empty()) {
    const ImageName parts = parts_of(settings.image);
    settings.gate_image = fmt::format("{}-gate:{}", parts.repository, parts.tag);
  }
  check_image("gate-image", settings.gate_image);
  if (settings.secret.empty()) settings.secret = settings.name + "-database";
  if (!is_label(settings.secret, ".")) {
    refuse("secret", settings.secret, "is no name that a Kubernetes secret can have",
           "write a-z, 0-9, - and .: --secret orders-database");
  }
  if (settings.health_path.empty()) settings.health_path = phoenix ? "/" : "/healthz";
  if (settings.ready_path.empty()) settings.ready_path = phoenix ? "/" : "/readyz";
  if (settings.folders.empty()) {
    settings.folders = {phoenix ? "priv/repo/migrations" : "migrations"};
  }
  for (const std::string& folder : settings.folders) check_below_project("dir", folder);
  if (!settings.config_file.empty()) check_below_project("config", settings.config_file);
  check_paths(settings);
  check_numbers(settings);
  if (phoenix && settings.phases == Phases::around) {
    throw Error(ErrorCode::usage, "--phoenix and --phases contradict each other",
                "Ecto's migrations have no phases: leave --phases, and deploy what removes "
                "something one version later");
  }
  return settings;
}

}  // namespace tidegate::deploy
