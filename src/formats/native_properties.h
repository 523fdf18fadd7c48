#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "formats/native_name.h"
#include "formats/script_file.h"

namespace tidegate {

/// What must hold for every file name and content; returns what doesn't.
inline std::optional<std::string> broken_native_property(std::string_view file_name,
                                                         std::string_view content) {
  std::vector<Finding> findings;
  const auto name = parse_native_name(file_name, std::string(file_name), findings);
  if (name.has_value() == !findings.empty()) return "a name is either good or has a finding";
  if (name) {
    const std::string suffix = name->direction == Direction::down ? ".down.sql" : ".sql";
    const std::string tail = name->version.text() + "_" + name->name + suffix;
    if (!file_name.ends_with(tail)) return "a name is not made of its parts";
    const std::string_view zeros = file_name.substr(0, file_name.size() - tail.size());
    if (zeros.find_first_not_of('0') != zeros.npos) return "a version lost more than zeros";
  }
  findings.clear();
  const auto script = make_script(std::string(content), "f.sql", Direction::up, findings);
  if (!script && findings.size() != 1) return "a script is refused without one reason";
  if (script && script->text.find('\0') != std::string::npos) return "a NUL byte got through";
  for (const Finding& finding : findings) {
    if (finding.place.line == 0 || finding.message.empty() || finding.recipe.empty()) {
      return "a finding says too little";
    }
  }
  return std::nullopt;
}

}  // namespace tidegate
