#include "drivers/mysql/statement_kind.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace tidegate::mysql {
namespace {

/// The first word of a statement, whatever follows it.
std::string_view first_word(std::string_view sql) {
  const auto* const end = std::find_if(sql.begin(), sql.end(), [](char c) {
    return !is_ascii_letter(c) && !is_digit(c) && c != '_';
  });
  return sql.substr(0, static_cast<std::size_t>(end - sql.begin()));
}

bool is(std::string_view word, std::string_view name) { return equals_ignoring_case(word, name); }

std::string_view second_word(std::string_view sql) {
  return first_word(trimmed(sql.substr(first_word(sql).size())));
}

bool has_word(std::string_view sql, std::string_view word) {
  while (!sql.empty()) {
    if (is(take_word(sql), word)) return true;
  }
  return false;
}

/// What migrations are mostly made of.
constexpr std::array<std::string_view, 14> kPlainWords = {
    "CREATE", "ALTER",    "DROP", "GRANT",  "REVOKE",  "INSERT", "UPDATE",
    "DELETE", "TRUNCATE", "LOAD", "RENAME", "REPLACE", "SELECT", "ANALYZE"};

}  // namespace

bool ends_transaction(std::string_view sql) {
  const std::string_view word = first_word(sql);
  if (is(word, "COMMIT") || is(word, "BEGIN") || is(word, "XA")) return true;
  if (is(word, "START")) return is(second_word(sql), "TRANSACTION");
  return is(word, "ROLLBACK") && !has_word(sql, "TO");
}

bool sets_something(std::string_view sql) {
  const std::string_view word = first_word(sql);
  if (!is(word, "SET")) return is(word, "USE");
  // These do something, and are over then: SET STATEMENT … FOR runs a statement.
  const std::string_view what = second_word(sql);
  return !is(what, "STATEMENT") && !is(what, "PASSWORD") && !is(what, "DEFAULT");
}

bool leaves_settings_alone(std::string_view sql) {
  const std::string_view word = first_word(sql);
  return std::any_of(kPlainWords.begin(), kPlainWords.end(),
                     [&](std::string_view known) { return is(word, known); });
}

bool leaves_settings_alone(const Script& script) {
  return std::all_of(
      script.statements.begin(), script.statements.end(),
      [&](const Statement& statement) { return leaves_settings_alone(script.text_of(statement)); });
}

}  // namespace tidegate::mysql
