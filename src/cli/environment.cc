#include "cli/environment.h"

#include <algorithm>
#include <string_view>

#include "base/ascii.h"
#include "base/nearest.h"

namespace tidegate::cli {
namespace {

constexpr std::string_view kPrefix = "TIDEGATE_";
// Read by `new` and not a setting.
constexpr std::string_view kEditor = "TIDEGATE_EDITOR";

/// The value of a variable; empty where it isn't set.
std::string_view value_of(const char* const* environment, std::string_view name) {
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view entry = *environment;
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=') {
      return entry.substr(name.size() + 1);
    }
  }
  return {};
}

/// Databases one a line, since a URL may hold nearly any other sign; other lists by comma as well.
std::vector<std::string> list_of(const Setting& setting, std::string_view text) {
  const std::string_view separators = setting.name == "database" ? "\n" : "\n,";
  std::vector<std::string> list;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    const std::string_view one = trimmed(text.substr(0, end));
    if (!one.empty()) list.emplace_back(one);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return list;
}

void offer(Values& values, const Setting& setting, const std::string& name, std::string_view text) {
  std::vector<std::string> given;
  if (setting.kind == ValueKind::list) {
    given = list_of(setting, text);
  } else if (!text.empty()) {
    given = {std::string(text)};
  }
  if (!given.empty()) values.offer(setting, {Source::environment, name, std::move(given)});
}

}  // namespace

void offer_environment(Values& values, const char* const* environment) {
  offer(values, *find_setting("database"), "DATABASE_URL", value_of(environment, "DATABASE_URL"));
  for (const Setting& setting : all_settings()) {
    if (!setting.may_stand_in_environment()) continue;
    const std::string name = environment_name(setting);
    offer(values, setting, name, value_of(environment, name));
  }
}

std::vector<Misspelt> misspelt_variables(const char* const* environment) {
  std::vector<std::string> ours = {std::string(kEditor)};
  for (const Setting& setting : all_settings()) {
    if (setting.may_stand_in_environment()) ours.push_back(environment_name(setting));
  }
  std::vector<Misspelt> misspelt;
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view entry = *environment;
    const std::string_view name = entry.substr(0, entry.find('='));
    if (!name.starts_with(kPrefix) || name == kEditor) continue;
    std::string near;
    for (const std::string& known : ours) {
      const std::size_t distance = edit_distance(name, known);
      if (distance == 0) {
        near.clear();
        break;
      }
      // Two letters of `TIDEGATE_TO` would make it any short name.
      const std::size_t farthest = known.size() - kPrefix.size() < 5 ? 1 : 2;
      if (near.empty() && distance <= farthest) near = known;
    }
    if (!near.empty()) misspelt.push_back({std::string(name), near});
  }
  return misspelt;
}

}  // namespace tidegate::cli
