#include "drivers/postgres/place.h"

#include <algorithm>
#include <string_view>

namespace tidegate::postgres {
namespace {

bool continues_a_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

Place place_in(const Script& script, const Statement& statement, std::size_t character) {
  Place place = script.place_of(statement);
  std::size_t seen = 0;
  for (const char byte : script.text_of(statement)) {
    if (continues_a_character(byte)) continue;
    if (++seen >= character) break;
    if (byte == '\n') {
      ++place.line;
      place.column = 1;
    } else {
      ++place.column;
    }
  }
  return place;
}

Place place_in_copy_data(const Script& script, const Statement& statement, std::size_t line) {
  const std::string_view before =
      std::string_view(script.text)
          .substr(statement.offset, *statement.copy_data_offset - statement.offset);
  const auto breaks = std::count(before.begin(), before.end(), '\n');
  return {
      script.file,
      statement.line + static_cast<std::uint32_t>(breaks) + static_cast<std::uint32_t>(line - 1),
      1};
}

std::string_view copy_data_of(const Script& script, const Statement& statement) {
  if (!statement.copy_data_offset) return {};
  return std::string_view(script.text)
      .substr(*statement.copy_data_offset, statement.copy_data_size_bytes);
}

Error refusal_of(const Answer& answer, const Script& script, const Statement& statement) {
  Error error = *answer.error;
  error.statement = script.text_of(statement);
  error.place = answer.copy_line > 0 && statement.copy_data_offset
                    ? place_in_copy_data(script, statement, answer.copy_line)
                    : place_in(script, statement, answer.position);
  return error;
}

}  // namespace tidegate::postgres
