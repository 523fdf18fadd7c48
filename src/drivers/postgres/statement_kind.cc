#include "drivers/postgres/statement_kind.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace tidegate::postgres {
namespace {

/// The first word of a statement, whatever follows it.
std::string_view first_word(std::string_view sql) {
  const auto end = std::find_if(sql.begin(), sql.end(), [](char c) {
    return !is_ascii_letter(c) && !is_digit(c) && c != '_';
  });
  return sql.substr(0, static_cast<std::size_t>(end - sql.begin()));
}

bool has_word(std::string_view sql, std::string_view word) {
  while (!sql.empty()) {
    if (equals_ignoring_case(take_word(sql), word)) return true;
  }
  return false;
}

/// Only a statement of its own can end a transaction: a function or DO block is refused by the
/// server when it tries. Such a script is found before a run; this is for one that wasn't.
bool ends_transaction(std::string_view sql) {
  const std::string_view word = first_word(sql);
  const auto is = [&](std::string_view name) { return equals_ignoring_case(word, name); };
  if (is("COMMIT") || is("END") || is("ABORT")) return true;
  if (is("PREPARE")) {
    return equals_ignoring_case(first_word(trimmed(sql.substr(word.size()))), "TRANSACTION");
  }
  return is("ROLLBACK") && !has_word(sql, "TO");
}

bool holds(std::string_view text, std::string_view lower_case) {
  return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                     [](char has, char want) { return to_lower(has) == want; }) != text.end();
}

/// What migrations are mostly made of.
constexpr std::array<std::string_view, 14> kPlainWords = {
    "CREATE", "ALTER",  "DROP",     "COMMENT", "GRANT", "REVOKE",  "INSERT",
    "UPDATE", "DELETE", "TRUNCATE", "COPY",    "LOCK",  "ANALYZE", "REINDEX"};

bool leaves_settings_alone(std::string_view sql) {
  const std::string_view word = first_word(sql);
  const bool plain =
      std::any_of(kPlainWords.begin(), kPlainWords.end(),
                  [&](std::string_view known) { return equals_ignoring_case(word, known); });
  if (!plain) return false;
  return !holds(sql, "set_config");
}

}  // namespace

Way way_of(std::string_view sql) {
  // Any COPY goes by itself: whether it moves data shows only in the answer.
  if (equals_ignoring_case(first_word(sql), "COPY")) return Way::copy;
  return ends_transaction(sql) ? Way::refused : Way::pipelined;
}

bool begins_transaction(std::string_view sql) {
  return equals_ignoring_case(first_word(sql), "BEGIN");
}

bool sets_something(std::string_view sql) {
  const std::string_view word = first_word(sql);
  if (equals_ignoring_case(word, "RESET")) return true;
  if (!equals_ignoring_case(word, "SET")) return false;
  // These end with the transaction, which outside of one is at once.
  const std::string_view what = first_word(trimmed(sql.substr(word.size())));
  return !equals_ignoring_case(what, "LOCAL") && !equals_ignoring_case(what, "TRANSACTION") &&
         !equals_ignoring_case(what, "CONSTRAINTS");
}

std::vector<std::string_view> settings_before(const Script& script, const Statement& statement) {
  std::vector<std::string_view> found;
  for (const Statement& earlier : script.statements) {
    if (earlier.offset >= statement.offset) break;
    if (sets_something(script.text_of(earlier))) found.push_back(script.text_of(earlier));
  }
  return found;
}

bool leaves_settings_alone(const Script& script) {
  if (script.code) return false;
  return std::all_of(
      script.statements.begin(), script.statements.end(),
      [&](const Statement& statement) { return leaves_settings_alone(script.text_of(statement)); });
}

bool may_deallocate(std::string_view sql) {
  return holds(sql, "deallocate") || holds(sql, "discard");
}

}  // namespace tidegate::postgres
