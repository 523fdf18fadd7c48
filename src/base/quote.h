#pragma once

#include <string>
#include <string_view>

namespace tidegate {

/// `name` as an SQL identifier in double quotes.
std::string quoted(std::string_view name);

/// `name` as an SQL identifier in backticks.
std::string backticked(std::string_view name);

/// `text` as a standard SQL string.
std::string literal(std::string_view text);

}  // namespace tidegate
