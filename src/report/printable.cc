#include "report/printable.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

namespace tidegate {
namespace {

/// One character of UTF-8; `size_bytes` 1 and `valid` false for a byte that isn't part of one.
struct Character {
  std::uint32_t code = 0;
  std::size_t size_bytes = 1;
  bool valid = false;
};

std::uint32_t byte_at(std::string_view text, std::size_t offset) {
  return offset < text.size() ? static_cast<unsigned char>(text[offset]) : 0U;
}

Character character_at(std::string_view text, std::size_t offset) {
  const std::uint32_t first = byte_at(text, offset);
  if (first < 0x80U) return {first, 1, true};
  if (first < 0xC2U || first > 0xF4U) return {first, 1, false};
  const std::size_t size = first < 0xE0U ? 2 : first < 0xF0U ? 3 : 4;
  std::uint32_t code = first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const std::uint32_t next = byte_at(text, offset + i);
    if ((next & 0xC0U) != 0x80U) return {first, 1, false};
    code = (code << 6U) | (next & 0x3FU);
  }
  const bool overlong = (size == 3 && code < 0x800U) || (size == 4 && code < 0x10000U);
  const bool surrogate = code >= 0xD800U && code <= 0xDFFFU;
  if (overlong || surrogate || code > 0x10FFFFU) return {first, 1, false};
  return {code, size, true};
}

/// Unicode's bidirectional controls and line separators: they make a line read as another.
bool misleads(std::uint32_t code) {
  return (code >= 0x202AU && code <= 0x202EU) || (code >= 0x2066U && code <= 0x2069U) ||
         code == 0x200EU || code == 0x200FU || code == 0x061CU || code == 0x2028U ||
         code == 0x2029U || code == 0xFEFFU;
}

bool is_control(std::uint32_t code) { return code < 0x20U || (code >= 0x7FU && code <= 0x9FU); }

void append_escaped(std::string& text, const Character& character) {
  auto out = std::back_inserter(text);
  if (character.valid && character.code == '\n') {
    text += "\\n";
  } else if (character.valid && character.code == '\r') {
    text += "\\r";
  } else if (character.valid && character.code == '\t') {
    text += "\\t";
  } else if (character.valid && character.code > 0xFFU) {
    fmt::format_to(out, "\\u{:04x}", character.code);
  } else {
    fmt::format_to(out, "\\x{:02x}", character.code);
  }
}

bool needs_no_escape(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20U || byte >= 0x7FU) return false;
  }
  return true;
}

}  // namespace

std::string printable(std::string_view text, LineEnds line_ends) {
  if (needs_no_escape(text)) return std::string(text);
  std::string result;
  result.reserve(text.size() + 16);
  for (std::size_t offset = 0; offset < text.size();) {
    const Character character = character_at(text, offset);
    const bool line_end = character.code == '\n' || character.code == '\t';
    const bool kept =
        character.valid && (line_end ? line_ends == LineEnds::kept
                                     : !is_control(character.code) && !misleads(character.code));
    if (kept) {
      result += text.substr(offset, character.size_bytes);
    } else {
      append_escaped(result, character);
    }
    offset += character.size_bytes;
  }
  return result;
}

std::size_t column_count(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t offset = 0; offset < text.size(); ++count) {
    offset += character_at(text, offset).size_bytes;
  }
  return count;
}

std::string cut_to_columns(std::string_view text, std::size_t columns) {
  std::size_t offset = 0;
  std::size_t last = 0;
  for (std::size_t count = 0; offset < text.size(); ++count) {
    if (count == columns) {
      if (columns == 0) return {};
      return std::string(text.substr(0, last)) + "…";
    }
    last = offset;
    offset += character_at(text, offset).size_bytes;
  }
  return std::string(text);
}

}  // namespace tidegate
