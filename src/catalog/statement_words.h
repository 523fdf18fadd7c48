#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "sql/lexer.h"

namespace tidegate {

/// Reads the head of one statement word by word: as much of SQL as is needed to know what a
/// statement is about. Whatever isn't as expected makes the reader give up, so that a form that
/// isn't known here is never taken for one that is.
class StatementWords {
 public:
  StatementWords(std::string_view statement, const Dialect& dialect)
      : statement_(statement), lexer_(statement, dialect), next_(lexer_.next()) {}

  /// Takes these words where all of them come next; otherwise takes nothing.
  bool take(std::initializer_list<std::string_view> words);

  /// Takes whichever of these comes next, in capitals as it stands here; empty when none does.
  std::string_view take_one_of(std::initializer_list<std::string_view> words);

  bool take_symbol(char symbol);

  /// Takes a parenthesis with all that is in it.
  bool take_parentheses();

  /// Takes one word, quoted name, string or number, whatever it says.
  bool take_word_or_text();

  /// Takes a name with its dots, as it is written: `public."Orders"`.
  std::optional<std::string> take_name();

  bool at_end() const { return next_.kind == TokenKind::end || is_symbol(';'); }

  /// What wasn't taken yet.
  std::string_view rest() const { return statement_.substr(next_.offset); }

 private:
  bool is_word(std::string_view word) const;
  bool is_symbol(char symbol) const;
  void advance() { next_ = lexer_.next(); }

  std::string_view statement_;
  Lexer lexer_;
  Token next_;
};

}  // namespace tidegate
