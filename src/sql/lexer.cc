#include "sql/lexer.h"

#include <algorithm>

#include "base/ascii.h"

namespace tidegate {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool starts_word(char c) {
  return is_ascii_letter(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80U;
}

/// `$` goes on in a word in all engines, which is why `a$1$` opens no dollar quote.
bool continues_word(char c) { return starts_word(c) || is_digit(c) || c == '$'; }

}  // namespace

Token Lexer::token(TokenKind kind, std::size_t end) {
  const Token token{kind, text_.substr(offset_, end - offset_), offset_};
  offset_ = end;
  return token;
}

Token Lexer::next() {
  if (!skip_space()) return token(TokenKind::open, text_.size());
  if (offset_ >= text_.size()) return token(TokenKind::end, offset_);
  begins_ = false;
  if (is_delimiter(offset_)) return token(TokenKind::delimiter, offset_ + delimiter_.size());
  if (const std::size_t mark = executed_comment_mark()) {
    in_executed_comment_ = text_[offset_] == '/';
    return token(TokenKind::symbol, offset_ + mark);
  }
  const char c = text_[offset_];
  if (starts_word(c)) return word();
  if (is_digit(c)) return number();
  if (c == '\'' || (c == '"' && dialect_.backslash_escapes)) return string(c);
  if (c == '\\' && dialect_.backslash_escapes && at(offset_ + 1) == 'N') {
    return token(TokenKind::literal, offset_ + 2);  // NULL
  }
  if (c == '"') return quoted(TokenKind::identifier, 1, '"');
  if (c == '`' && dialect_.backtick_identifiers) return quoted(TokenKind::identifier, 1, '`');
  if (c == '[' && dialect_.bracket_identifiers) {
    // The only quote whose closing character can't be doubled.
    const std::size_t end = text_.find(']', offset_);
    return end == kNone ? token(TokenKind::open, text_.size())
                        : token(TokenKind::identifier, end + 1);
  }
  if (c == '$' && dialect_.dollar_quotes) return dollar();
  return token(TokenKind::symbol, offset_ + 1);
}

bool Lexer::skip_space() {
  while (offset_ < text_.size()) {
    if (is_space(text_[offset_])) {
      ++offset_;
    } else if (is_delimiter(offset_)) {
      return true;
    } else if (opens_line_comment()) {
      offset_ = end_of_line_comment(offset_);
    } else if (has(offset_, "/*") && executed_comment_mark() == 0) {
      if (!skip_block_comment()) return false;
    } else {
      return true;
    }
  }
  return true;
}

/// https://mariadb.com/kb/en/comment-syntax/. Where a statement would begin, its client takes any
/// `--` for a comment.
bool Lexer::opens_line_comment() const {
  if (dialect_.hash_comments && text_[offset_] == '#') return true;
  if (!has(offset_, "--")) return false;
  if (!dialect_.dashes_need_space || begins_) return true;
  const auto next = static_cast<unsigned char>(at(offset_ + 2));
  return next <= ' ' || next == 0x7f;
}

/// How long the mark is that begins or ends an executed comment here: `/*!`, `/*M!`, with the five
/// or six digits of a version, or `*/`. 0 where there is none.
std::size_t Lexer::executed_comment_mark() const {
  if (!dialect_.executed_comments) return 0;
  if (in_executed_comment_ && has(offset_, "*/")) return 2;
  const std::size_t mark = has(offset_, "/*!") ? 3 : has(offset_, "/*M!") ? 4 : 0;
  if (mark == 0) return 0;
  std::size_t digits = 0;
  while (digits < 6 && is_digit(at(offset_ + mark + digits))) ++digits;
  if (digits < 5) return mark;
  // The highest version, which no server has: what is in there is for clients alone.
  return text_.substr(offset_ + mark, digits) == "999999" ? 0 : mark + digits;
}

std::size_t Lexer::end_of_line_comment(std::size_t offset) const {
  const std::size_t end = dialect_.carriage_return_ends_comment
                              ? text_.find_first_of("\r\n", offset)
                              : text_.find('\n', offset);
  return std::min(end, text_.size());
}

bool Lexer::skip_block_comment() {
  std::size_t depth = 1;
  for (std::size_t i = offset_ + 2; i < text_.size();) {
    if (has(i, "*/")) {
      i += 2;
      if (--depth == 0) {
        offset_ = i;
        return true;
      }
    } else if (dialect_.nested_comments && has(i, "/*")) {
      i += 2;
      ++depth;
    } else {
      ++i;
    }
  }
  return false;
}

Token Lexer::word() {
  std::size_t end = offset_ + 1;
  while (end < text_.size() && continues_word(text_[end]) && !is_delimiter(end)) ++end;
  const bool escapes = dialect_.escape_strings && end == offset_ + 1 &&
                       to_lower(text_[offset_]) == 'e' && at(end) == '\'';
  return escapes ? escape_string() : token(TokenKind::word, end);
}

Token Lexer::number() {
  std::size_t end = offset_ + 1;
  while (end < text_.size() && is_digit(text_[end]) && !is_delimiter(end)) ++end;
  return token(TokenKind::literal, end);
}

Token Lexer::string(char closing) {
  if (!dialect_.backslash_escapes) return quoted(TokenKind::literal, 1, closing);
  const std::size_t end = end_of_escapes(offset_ + 1, closing);
  return end == kNone ? token(TokenKind::open, text_.size()) : token(TokenKind::literal, end);
}

Token Lexer::quoted(TokenKind kind, std::size_t opening, char closing) {
  for (std::size_t end = text_.find(closing, offset_ + opening); end != kNone;
       end = text_.find(closing, end + 2)) {
    if (at(end + 1) != closing) return token(kind, end + 1);
  }
  return token(TokenKind::open, text_.size());
}

/// Where a string ends whose escapes begin at `offset`: behind its quote, or nowhere.
std::size_t Lexer::end_of_escapes(std::size_t offset, char closing) const {
  const char sought[] = {closing, '\\', '\0'};
  while ((offset = text_.find_first_of(sought, offset)) != kNone) {
    const bool pair = text_[offset] == '\\' || at(offset + 1) == closing;
    if (!pair) return offset + 1;
    offset += 2;
    if (offset > text_.size()) return kNone;
  }
  return kNone;
}

/// A string goes on behind space that has a line end in it, and its second piece still knows
/// escapes. Returns where that piece's own characters begin, or nothing.
/// https://www.postgresql.org/docs/15/sql-syntax-lexical.html#SQL-SYNTAX-CONSTANTS
std::size_t Lexer::continuation_of(std::size_t offset) const {
  bool line_ended = false;
  while (offset < text_.size()) {
    if (is_space(text_[offset])) {
      line_ended = line_ended || text_[offset] == '\n' || text_[offset] == '\r';
      ++offset;
    } else if (has(offset, "--")) {
      offset = end_of_line_comment(offset);
    } else {
      break;
    }
  }
  return line_ended && at(offset) == '\'' ? offset + 1 : kNone;
}

Token Lexer::escape_string() {
  std::size_t piece = offset_ + 2;
  while (true) {
    const std::size_t end = end_of_escapes(piece, '\'');
    if (end == kNone) return token(TokenKind::open, text_.size());
    piece = continuation_of(end);
    if (piece == kNone) return token(TokenKind::literal, end);
  }
}

Token Lexer::dollar() {
  std::size_t end = offset_ + 1;
  if (is_digit(at(end))) {
    while (is_digit(at(end))) ++end;
    return token(TokenKind::literal, end);
  }
  if (starts_word(at(end))) {
    while (end < text_.size() && continues_word(text_[end]) && text_[end] != '$') ++end;
  }
  if (at(end) != '$') return token(TokenKind::symbol, offset_ + 1);
  const std::string_view delimiter = text_.substr(offset_, end + 1 - offset_);
  const std::size_t closing = text_.find(delimiter, end + 1);
  if (closing == kNone) return token(TokenKind::open, text_.size());
  return token(TokenKind::literal, closing + delimiter.size());
}

}  // namespace tidegate
