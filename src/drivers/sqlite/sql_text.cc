#include "drivers/sqlite/sql_text.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/text_position.h"

namespace tidegate::sqlite {

namespace {

constexpr std::string_view kBlanks = " \t\n\f\r;";

std::size_t after(std::string_view text, std::size_t offset, std::string_view end) {
  const std::size_t found = text.find(end, offset);
  return found == std::string_view::npos ? text.size() : found + end.size();
}

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
  const TextPosition position = position_of(script.text, offset);
  return {script.file, position.line, position.column};
}

bool mentions(std::string_view text, std::string_view word) {
  const auto same = [](char left, char right) { return to_lower(left) == right; };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

}  // namespace tidegate::sqlite
