#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace tidegate::simulation {

/// A value of the simulated server; points in time are counts of milliseconds.
using Value = std::variant<std::monostate, bool, std::int64_t, std::string>;

inline bool is_null(const Value& value) { return std::holds_alternative<std::monostate>(value); }
/// As the server sends it; nothing for NULL.
std::optional<std::string> text_of(const Value& value);
std::int64_t integer_of(const Value& value);
/// NULL counts as false, as it does in a WHERE.
bool is_true(const Value& value);
/// -1, 0 or 1; text meets a number as a number. REQUIRES: neither is NULL.
int compare(const Value& left, const Value& right);

using Row = std::vector<Value>;

/// What the simulated server refuses a statement with.
struct SqlError {
  std::string sqlstate;
  std::string message;
};

}  // namespace tidegate::simulation
