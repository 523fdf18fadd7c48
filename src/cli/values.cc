#include "cli/values.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "cli/secrets.h"
#include "tidegate/error.h"

namespace tidegate::cli {

void Values::offer(const Setting& setting, Given given) {
  const auto found = given_.find(setting.name);
  if (found == given_.end()) {
    given_.emplace(std::string(setting.name), std::move(given));
  } else if (found->second.source <= given.source) {
    found->second = std::move(given);
  }
}

const Given* Values::find(std::string_view name) const {
  const auto found = given_.find(name);
  return found == given_.end() ? nullptr : &found->second;
}

void Values::settle_exclusive_groups(std::string_view command) {
  for (const auto group : exclusive_groups()) {
    const Given* strongest = nullptr;
    for (const std::string_view name : group) {
      const Given* given = find(name);
      const Setting* setting = find_setting(name);
      if (given == nullptr || !setting->belongs_to(command)) continue;
      if (setting->kind == ValueKind::on_off && !means_on(*given)) continue;
      if (strongest == nullptr || strongest->source < given->source) {
        strongest = given;
      } else if (strongest->source == given->source) {
        throw Error(ErrorCode::usage,
                    fmt::format("{} and {} contradict each other", strongest->where, given->where),
                    "give one of them");
      }
    }
    if (strongest == nullptr) continue;
    for (const std::string_view name : group) {
      const Given* given = find(name);
      if (given != nullptr && given != strongest) given_.erase(given_.find(name));
    }
  }
}

bool means_on(const Given& given) {
  const std::string& text = given.values.front();
  for (const std::string_view on : {"true", "1", "yes", "on"}) {
    if (equals_ignoring_case(text, on)) return true;
  }
  for (const std::string_view off : {"false", "0", "no", "off"}) {
    if (equals_ignoring_case(text, off)) return false;
  }
  throw Error(ErrorCode::usage,
              fmt::format("{}: '{}' is neither true nor false", given.where, masked(text)),
              "write true or false");
}

}  // namespace tidegate::cli
