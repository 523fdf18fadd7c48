#include "drivers/mysql/literal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "base/quote.h"
#include "tidegate/error.h"

namespace tidegate::mysql {
namespace {

bool is_plain(char c) { return c >= ' ' && c <= '~' && c != '\\'; }

/// Where the quoted part that begins at `begin` ends; a doubled mark is two parts, side by side.
std::size_t end_of_quoted(std::string_view sql, std::size_t begin) {
  const std::size_t end = sql.find(sql[begin], begin + 1);
  return end == std::string_view::npos ? sql.size() : end + 1;
}

std::string value_of(std::span<const Parameter> parameters, std::size_t number,
                     std::string_view sql) {
  if (number == 0 || number > parameters.size()) {
    throw Error(ErrorCode::internal, fmt::format("nothing to bind to ${} of: {}", number, sql));
  }
  const Parameter& parameter = parameters[number - 1];
  return parameter ? text_literal(*parameter) : "NULL";
}

}  // namespace

std::string text_literal(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_plain)) return literal(text);
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result = "_utf8mb4 X'";
  result.reserve(result.size() + 2 * text.size() + 1);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    result += kDigits[byte >> 4U];
    result += kDigits[byte & 15U];
  }
  return result + '\'';
}

std::string bound(std::string_view sql, std::span<const Parameter> parameters) {
  std::string result;
  result.reserve(sql.size());
  for (std::size_t at = 0; at < sql.size();) {
    const char c = sql[at];
    std::size_t end = at + 1;
    if (c == '\'' || c == '"' || c == '`') {
      end = end_of_quoted(sql, at);
    } else if (c == '$' && end < sql.size() && is_digit(sql[end])) {
      std::size_t number = 0;
      const auto parsed = std::from_chars(sql.data() + end, sql.data() + sql.size(), number);
      result += value_of(parameters, number, sql);
      at = static_cast<std::size_t>(parsed.ptr - sql.data());
      continue;
    }
    result += sql.substr(at, end - at);
    at = end;
  }
  return result;
}

std::string bound(const Query& query) { return bound(query.sql, query.parameters); }

}  // namespace tidegate::mysql
