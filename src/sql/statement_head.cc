#include "sql/statement_head.h"

#include "base/ascii.h"

namespace tidegate {
namespace {

bool is_word(const Token& token, std::string_view word) {
  return token.kind == TokenKind::word && equals_ignoring_case(token.text, word);
}

bool is_symbol(const Token& token, char symbol) {
  return token.kind == TokenKind::symbol && token.text.front() == symbol;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  for (std::string_view candidate : words) {
    if (equals_ignoring_case(word, candidate)) return true;
  }
  return false;
}

}  // namespace

void StatementHead::add(const Token& token) {
  if (dialect_.executed_comments && token.kind == TokenKind::symbol && token.text.size() > 1) {
    // What is between its marks is read as if they weren't there.
    in_executed_comment_ = token.text.front() == '/';
    comment_offset_ = token.offset;
    return;
  }
  if (dialect_.stored_programs) return program_.add(token);
  if (is_symbol(token, '(')) {
    ++parenthesis_depth_;
  } else if (is_symbol(token, ')') && parenthesis_depth_ > 0) {
    --parenthesis_depth_;
  } else if (token.kind == TokenKind::word && parenthesis_depth_ == 0) {
    add_word(token);
  } else if (kind_ == Kind::unknown || kind_ == Kind::create) {
    kind_ = Kind::other;
  }
  previous_ = token;
}

void StatementHead::add_word(const Token& token) {
  switch (kind_) {
    case Kind::unknown:
    case Kind::create:
      return classify(token.text);
    case Kind::routine:
      return follow_routine(token);
    case Kind::trigger:
      return follow_trigger(token);
    case Kind::copy:
      if (is_word(previous_, "FROM") && is_word(token, "STDIN")) copies_from_stdin_ = true;
      return;
    case Kind::other:
      return;
  }
}

void StatementHead::classify(std::string_view word) {
  if (kind_ == Kind::unknown) {
    const bool copy = dialect_.copy_from_stdin && is_one_of(word, {"COPY"});
    kind_ = copy ? Kind::copy : is_one_of(word, {"CREATE"}) ? Kind::create : Kind::other;
  } else if (dialect_.atomic_bodies && is_one_of(word, {"FUNCTION", "PROCEDURE"})) {
    kind_ = Kind::routine;
  } else if (dialect_.trigger_bodies && is_one_of(word, {"TRIGGER"})) {
    kind_ = Kind::trigger;
  } else if (!is_one_of(word, {"OR", "REPLACE", "TEMP", "TEMPORARY"})) {
    kind_ = Kind::other;
  }
}

/// BEGIN ATOMIC … END, in which only CASE … END nests.
/// https://www.postgresql.org/docs/15/sql-createfunction.html
void StatementHead::follow_routine(const Token& token) {
  if (body_depth_ == 0) {
    if (!is_word(token, "ATOMIC") || !is_word(previous_, "BEGIN")) return;
    body_depth_ = 1;
    body_offset_ = previous_.offset;
    return;
  }
  // Behind AS or a dot even a reserved word is only a name.
  if (is_word(previous_, "AS") || is_symbol(previous_, '.')) return;
  if (is_word(token, "CASE")) ++body_depth_;
  if (is_word(token, "END")) --body_depth_;
}

/// BEGIN statement; … END, whose END always stands behind a semicolon. That of a CASE never does.
/// https://www.sqlite.org/lang_createtrigger.html
void StatementHead::follow_trigger(const Token& token) {
  if (body_depth_ == 0) {
    if (!is_word(token, "BEGIN") || body_offset_ > 0) return;
    body_depth_ = 1;
    body_offset_ = token.offset;
  } else if (is_word(token, "END") && is_symbol(previous_, ';')) {
    body_depth_ = 0;
  }
}

}  // namespace tidegate
