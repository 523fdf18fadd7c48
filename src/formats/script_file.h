#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/walk.h"
#include "tidegate/migration.h"

namespace tidegate {

/// Checks a script's text as it came from its file and reads its directives. Nothing comes back
/// when it can't be SQL: not UTF-8, a NUL byte; a finding then says where.
std::optional<Script> make_script(std::string text, const std::string& path, Direction direction,
                                  std::vector<Finding>& findings);

/// Reads a file of SQL. Nothing comes back when it can't be read or isn't SQL; a finding says why.
std::optional<Script> read_script(const WalkedFile& file, Direction direction,
                                  std::vector<Finding>& findings);

}  // namespace tidegate
