#pragma once

#include <cstddef>
#include <string_view>

#include "sql/dialect.h"

namespace tidegate {

enum class TokenKind {
  end,         ///< of the text
  word,        ///< keyword or plain identifier
  identifier,  ///< quoted in any way
  literal,     ///< string, dollar quote, number or parameter
  symbol,      ///< one character of anything else; the two ends of an executed comment
  delimiter,   ///< what stands for the semicolon since `set_delimiter`
  open,        ///< a quote or comment that is opened and never closed: reaches to the end
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;
  std::size_t offset = 0;
};

/// Cuts SQL into tokens, space and comments left out. Knows what hides a semicolon, no grammar.
class Lexer {
 public:
  Lexer(std::string_view text, const Dialect& dialect) : text_(text), dialect_(dialect) {}

  /// The next token. Stays at the end once it is there.
  Token next();

  /// Where the next token is looked for.
  std::size_t offset() const { return offset_; }
  /// Goes on from another place: behind data that isn't SQL.
  void move_to(std::size_t offset) { offset_ = offset; }

  /// Tells that a statement begins here: no executed comment is open, and whatever follows `--` is
  /// a comment, as for the clients that have the rule of `dashes_need_space`.
  void begin_statement() {
    begins_ = true;
    in_executed_comment_ = false;
  }
  /// From now on that ends statements, and the semicolon is a symbol like others; `;` is for
  /// the semicolon again. The text must outlive the lexer.
  void set_delimiter(std::string_view delimiter) {
    delimiter_ = delimiter == ";" ? std::string_view() : delimiter;
  }
  /// Whether the semicolon doesn't end statements now.
  bool has_delimiter() const { return !delimiter_.empty(); }

 private:
  Token token(TokenKind kind, std::size_t end);
  /// Past space and comments. False when a comment isn't closed; `offset_` is where it opens.
  bool skip_space();
  bool skip_block_comment();
  bool opens_line_comment() const;
  std::size_t executed_comment_mark() const;
  Token word();
  Token number();
  Token quoted(TokenKind kind, std::size_t opening, char closing);
  Token string(char closing);
  Token escape_string();
  Token dollar();
  std::size_t end_of_escapes(std::size_t offset, char closing) const;
  std::size_t continuation_of(std::size_t offset) const;
  std::size_t end_of_line_comment(std::size_t offset) const;
  char at(std::size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }
  bool has(std::size_t offset, std::string_view sought) const {
    return text_.substr(offset, sought.size()) == sought;
  }

  bool is_delimiter(std::size_t offset) const {
    return !delimiter_.empty() && has(offset, delimiter_);
  }

  std::string_view text_;
  const Dialect& dialect_;
  std::size_t offset_ = 0;
  std::string_view delimiter_;
  bool begins_ = true;
  bool in_executed_comment_ = false;
};

}  // namespace tidegate
