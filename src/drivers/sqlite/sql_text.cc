#include "drivers/sqlite/sql_text.h"

#include <algorithm>

namespace tidegate::sqlite {

namespace {

constexpr std::string_view kBlanks = " \t\n\f\r;";

std::size_t after(std::string_view text, std::size_t offset, std::string_view end) {
  const std::size_t found = text.find(end, offset);
  return found == std::string_view::npos ? text.size() : found + end.size();
}

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

}  // namespace

std::size_t skip_blank(std::string_view text, std::size_t offset) {
  while (offset < text.size()) {
    const std::string_view rest = text.substr(offset);
    if (kBlanks.find(rest.front()) != std::string_view::npos) {
      ++offset;
    } else if (rest.starts_with("--")) {
      offset = after(text, offset, "\n");
    } else if (rest.starts_with("/*")) {
      offset = after(text, offset + 2, "*/");
    } else {
      break;
    }
  }
  return offset;
}

Place place_at(const Script& script, std::size_t offset) {
  const std::string_view before = std::string_view(script.text).substr(0, offset);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::string_view in_line = before.substr(line_start);
  const auto column = std::count_if(in_line.begin(), in_line.end(), starts_character) + 1;
  return {script.file, static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(column)};
}

bool mentions(std::string_view text, std::string_view word) {
  const auto same = [](char left, char right) {
    return (left >= 'A' && left <= 'Z' ? static_cast<char>(left - 'A' + 'a') : left) == right;
  };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

}  // namespace tidegate::sqlite
