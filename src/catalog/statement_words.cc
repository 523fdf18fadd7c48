#include "catalog/statement_words.h"

#include "base/ascii.h"

namespace tidegate {

bool StatementWords::is_word(std::string_view word) const {
  return next_.kind == TokenKind::word && equals_ignoring_case(next_.text, word);
}

bool StatementWords::is_symbol(char symbol) const {
  return next_.kind == TokenKind::symbol && next_.text.front() == symbol;
}

bool StatementWords::take(std::initializer_list<std::string_view> words) {
  const std::size_t behind_first = lexer_.offset();
  const Token first = next_;
  for (const std::string_view word : words) {
    if (!is_word(word)) {
      lexer_.move_to(behind_first);
      next_ = first;
      return false;
    }
    advance();
  }
  return true;
}

std::string_view StatementWords::take_one_of(std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (take({word})) return word;
  }
  return {};
}

bool StatementWords::take_symbol(char symbol) {
  if (!is_symbol(symbol)) return false;
  advance();
  return true;
}

bool StatementWords::take_parentheses() {
  if (!take_symbol('(')) return false;
  for (int depth = 1; depth > 0; advance()) {
    if (next_.kind == TokenKind::end || next_.kind == TokenKind::open) return false;
    if (is_symbol('(')) ++depth;
    if (is_symbol(')')) --depth;
  }
  return true;
}

bool StatementWords::take_word_or_text() {
  const bool fits = next_.kind == TokenKind::word || next_.kind == TokenKind::identifier ||
                    next_.kind == TokenKind::literal;
  if (fits) advance();
  return fits;
}

std::optional<std::string> StatementWords::take_name() {
  std::string name;
  while (true) {
    if (next_.kind != TokenKind::word && next_.kind != TokenKind::identifier) return std::nullopt;
    name += next_.text;
    advance();
    // U&"…": a name with escapes, which would have to be understood.
    if (is_symbol('&')) return std::nullopt;
    if (!take_symbol('.')) return name;
    name += '.';
  }
}

}  // namespace tidegate
