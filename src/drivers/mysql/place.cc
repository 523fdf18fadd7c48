#include "drivers/mysql/place.h"

#include <charconv>
#include <string>

namespace tidegate::mysql {
namespace {

constexpr unsigned kSyntaxError = 1064;
constexpr std::string_view kNear = " near '";
constexpr std::string_view kAtLine = "' at line ";

/// The text that the server says it stopped at, and in which line of the statement.
struct Near {
  std::string_view text;
  std::size_t line = 0;
};

Near near_of(std::string_view message) {
  const std::size_t begin = message.find(kNear);
  const std::size_t end = message.rfind(kAtLine);
  if (begin == std::string_view::npos || end == std::string_view::npos) return {};
  Near near;
  const std::size_t text_begin = begin + kNear.size();
  if (text_begin <= end) near.text = message.substr(text_begin, end - text_begin);
  const std::string_view digits = message.substr(end + kAtLine.size());
  std::from_chars(digits.data(), digits.data() + digits.size(), near.line);
  return near;
}

std::size_t offset_of_line(std::string_view text, std::size_t line) {
  std::size_t offset = 0;
  for (; line > 1; --line) {
    const std::size_t end = text.find('\n', offset);
    if (end == std::string_view::npos) return std::string_view::npos;
    offset = end + 1;
  }
  return offset;
}

bool continues_a_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

Place place_of(const ServerWords& words, const Script& script, const Statement& statement) {
  Place place = script.place_of(statement);
  if (words.number != kSyntaxError) return place;
  const Near near = near_of(words.message);
  const std::string_view sql = script.text_of(statement);
  const std::size_t line_begin = offset_of_line(sql, near.line);
  if (near.line == 0 || line_begin == std::string_view::npos) return place;
  const std::size_t found =
      near.text.empty() ? std::string_view::npos : sql.find(near.text, line_begin);
  const std::size_t spot = found == std::string_view::npos ? line_begin : found;
  for (const char byte : sql.substr(0, spot)) {
    if (byte == '\n') {
      ++place.line;
      place.column = 1;
    } else if (!continues_a_character(byte)) {
      ++place.column;
    }
  }
  return place;
}

Error refusal_of(const ServerWords& words, const Script& script, const Statement& statement) {
  Error error = error_of(words, Author::migration);
  error.statement = script.text_of(statement);
  error.place = place_of(words, script, statement);
  return error;
}

}  // namespace tidegate::mysql
