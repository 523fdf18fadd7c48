#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidegate {

// The <cctype> functions depend on the locale and are undefined for bytes above 127; SQL's words
// and our file names are ASCII where they matter.

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Space, tab, line ends, form feed, vertical tab.
constexpr bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string to_lower(std::string_view text);

/// Whether both are the same but for the case of ASCII letters.
bool equals_ignoring_case(std::string_view left, std::string_view right);

/// `text` without space at either end.
std::string_view trimmed(std::string_view text);

/// Takes the first run of non-space characters off `text`, and the space around it.
std::string_view take_word(std::string_view& text);

}  // namespace tidegate
