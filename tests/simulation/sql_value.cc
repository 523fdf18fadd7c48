#include "simulation/sql_value.h"

#include <charconv>

namespace tidegate::simulation {

std::optional<std::string> text_of(const Value& value) {
  if (is_null(value)) return std::nullopt;
  if (const bool* truth = std::get_if<bool>(&value)) return *truth ? "t" : "f";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  return std::get<std::string>(value);
}

std::int64_t integer_of(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const bool* truth = std::get_if<bool>(&value)) return *truth ? 1 : 0;
  const std::string text = text_of(value).value_or("");
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw SqlError{"22P02", "invalid input syntax for type bigint: \"" + text + "\""};
  }
  return number;
}

bool is_true(const Value& value) {
  if (const bool* truth = std::get_if<bool>(&value)) return *truth;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number != 0;
  return false;
}

int compare(const Value& left, const Value& right) {
  const auto* left_text = std::get_if<std::string>(&left);
  const auto* right_text = std::get_if<std::string>(&right);
  if (left_text != nullptr && right_text != nullptr) {
    return left_text->compare(*right_text) < 0 ? -1 : (*left_text == *right_text ? 0 : 1);
  }
  const std::int64_t left_number = integer_of(left);
  const std::int64_t right_number = integer_of(right);
  return left_number < right_number ? -1 : (left_number == right_number ? 0 : 1);
}

}  // namespace tidegate::simulation
