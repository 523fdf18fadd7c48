#pragma once

#include <cstddef>

#include "sql/dialect.h"
#include "sql/lexer.h"
#include "sql/stored_program.h"

namespace tidegate {

/// Follows one statement token by token and knows whether a semicolon here would end it.
class StatementHead {
 public:
  explicit StatementHead(const Dialect& dialect) : dialect_(dialect) {}

  /// Takes in the statement's next token, semicolons inside it included.
  void add(const Token& token);

  /// Whether a semicolon ends the statement now.
  bool semicolon_ends() const {
    const bool hidden = dialect_.parentheses_hide && parenthesis_depth_ > 0;
    return !hidden && !in_body() && !in_executed_comment();
  }

  /// Whether a body was begun and its END is still to come.
  bool in_body() const { return body_depth_ > 0 || program_.in_block(); }
  /// Where the body's BEGIN is.
  std::size_t body_offset() const {
    return program_.in_block() ? program_.block_offset() : body_offset_;
  }

  /// Whether an executed comment was begun and isn't closed.
  bool in_executed_comment() const { return in_executed_comment_; }
  /// Where it begins.
  std::size_t comment_offset() const { return comment_offset_; }

  /// Whether rows follow: COPY … FROM stdin.
  bool copies_from_stdin() const { return copies_from_stdin_; }

 private:
  enum class Kind { unknown, create, routine, trigger, copy, other };
  void add_word(const Token& token);
  void classify(std::string_view word);
  void follow_routine(const Token& token);
  void follow_trigger(const Token& token);

  const Dialect& dialect_;
  Kind kind_ = Kind::unknown;
  Token previous_;
  std::size_t parenthesis_depth_ = 0;
  std::size_t body_depth_ = 0;
  std::size_t body_offset_ = 0;
  StoredProgram program_;
  bool in_executed_comment_ = false;
  std::size_t comment_offset_ = 0;
  bool copies_from_stdin_ = false;
};

}  // namespace tidegate
