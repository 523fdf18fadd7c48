#include "sql/splitter.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "base/text_position.h"
#include "sql/lexer.h"
#include "sql/meta_commands.h"
#include "sql/statement_head.h"

namespace tidegate {
namespace {

bool is_symbol(const Token& token, char symbol) {
  return token.kind == TokenKind::symbol && token.text.front() == symbol;
}

class Splitter {
 public:
  Splitter(std::string_view text, const Dialect& dialect, const std::string& file)
      : text_(text),
        dialect_(dialect),
        file_(file),
        lexer_(text, dialect),
        finder_(text),
        finding_finder_(text) {}

  SplitScript split();

 private:
  struct Current {
    explicit Current(const Dialect& dialect) : head(dialect) {}
    StatementHead head;
    std::size_t offset = 0;
    std::size_t end = 0;
  };

  bool is_client_command(const Token& token) const;
  bool is_delimiter_command(const Token& token) const;
  bool ends_statement(const Token& token) const;
  void add(const Token& token);
  void end_statement();
  void take_delimiter(const Token& token);
  void take_copy_data();
  void refuse_meta_command(const Token& token);
  void refuse_open(const Token& token);
  Finding open_comment_finding() const;
  void refuse(std::size_t offset, Finding finding);
  std::size_t behind_line(std::size_t offset) const;

  std::string_view text_;
  const Dialect& dialect_;
  const std::string& file_;
  Lexer lexer_;
  PositionFinder finder_;
  PositionFinder finding_finder_;
  std::optional<Current> current_;
  SplitScript result_;
};

SplitScript Splitter::split() {
  for (Token token = lexer_.next(); token.kind != TokenKind::end; token = lexer_.next()) {
    if (is_client_command(token)) {
      refuse_meta_command(token);
    } else if (is_delimiter_command(token)) {
      take_delimiter(token);
    } else if (ends_statement(token)) {
      end_statement();
    } else {
      add(token);
    }
  }
  end_statement();
  return std::move(result_);
}

bool Splitter::is_client_command(const Token& token) const {
  if (is_symbol(token, '\\')) return dialect_.client != Client::none;
  return !current_ && token.kind == TokenKind::word && is_client_word(token.text, dialect_.client);
}

bool Splitter::is_delimiter_command(const Token& token) const {
  return dialect_.client == Client::mariadb && !current_ &&
         (equals_ignoring_case(token.text, "DELIMITER") ||
          begins_delimiter_command(text_.substr(token.offset)));
}

/// A delimiter of the script's own ends a statement whatever it says, as its client does it: so the
/// semicolons of a stored program needn't be understood.
bool Splitter::ends_statement(const Token& token) const {
  if (lexer_.has_delimiter()) {
    return token.kind == TokenKind::delimiter &&
           !(current_ && current_->head.in_executed_comment());
  }
  return is_symbol(token, ';') && (!current_ || current_->head.semicolon_ends());
}

void Splitter::add(const Token& token) {
  const bool comment = token.kind == TokenKind::open && token.text.starts_with("/*");
  if (token.kind == TokenKind::open) refuse_open(token);
  if (comment) return;
  if (!current_) {
    current_.emplace(dialect_);
    current_->offset = token.offset;
  }
  current_->head.add(token);
  current_->end = token.offset + token.text.size();
}

void Splitter::end_statement() {
  lexer_.begin_statement();
  if (!current_) return;
  const Current current = *current_;
  current_.reset();
  Statement statement;
  statement.offset = current.offset;
  statement.size_bytes = current.end - current.offset;
  const TextPosition position = finder_.at(current.offset);
  statement.line = position.line;
  statement.column = position.column;
  result_.statements.push_back(statement);
  if (current.head.in_executed_comment()) {
    refuse(current.head.comment_offset(), open_comment_finding());
  } else if (current.head.in_body() && !lexer_.has_delimiter()) {
    refuse(current.head.body_offset(), {Severity::error,
                                        "unterminated_body",
                                        {},
                                        "the body that begins here has no END",
                                        "close it with END;"});
  } else if (current.head.copies_from_stdin()) {
    take_copy_data();
  }
}

void Splitter::take_delimiter(const Token& token) {
  const std::size_t end = behind_line(token.offset);
  const auto delimiter = delimiter_of(text_.substr(token.offset, end - token.offset));
  if (delimiter) {
    lexer_.set_delimiter(*delimiter);
  } else {
    refuse(token.offset,
           {Severity::error,
            "unknown_delimiter",
            {},
            "DELIMITER isn't followed by what shall end statements",
            "write it behind a space on the same line, without a backslash: DELIMITER //"});
  }
  lexer_.move_to(end);
  lexer_.begin_statement();
}

/// The rows begin on the line below the semicolon, whatever else is on its own line, and end above
/// `\.` on a line of its own: so psql reads them.
/// https://www.postgresql.org/docs/15/sql-copy.html
void Splitter::take_copy_data() {
  Statement& statement = result_.statements.back();
  const std::size_t data = behind_line(lexer_.offset());
  const std::string_view beside = trimmed(text_.substr(lexer_.offset(), data - lexer_.offset()));
  if (!beside.empty() && !beside.starts_with("--")) {
    refuse(lexer_.offset(), {Severity::error,
                             "copy_text_beside",
                             {},
                             "only the rows may follow COPY … FROM stdin, from the next line on",
                             "move what stands behind the semicolon below the line with \\."});
  }
  std::size_t end = data;
  while (end < text_.size()) {
    const std::size_t next = behind_line(end);
    std::string_view line = text_.substr(end, next - end);
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line == "\\.") {
      statement.copy_data_offset = data;
      statement.copy_data_size_bytes = end - data;
      lexer_.move_to(next);
      return;
    }
    end = next;
  }
  refuse(statement.offset, {Severity::error,
                            "unterminated_copy_data",
                            {},
                            "the rows of this COPY … FROM stdin have no end",
                            "write \\. on a line of its own below the last row"});
  statement.copy_data_offset = data;
  statement.copy_data_size_bytes = text_.size() - data;
  lexer_.move_to(text_.size());
}

void Splitter::refuse_meta_command(const Token& token) {
  end_statement();
  refuse(token.offset, meta_command_finding(text_, token.offset, dialect_.client));
  const std::size_t end = end_of_meta_command(text_, token.offset, dialect_.client);
  // The rows of a COPY … FROM stdin \g may have been passed already.
  lexer_.move_to(std::max(end, lexer_.offset()));
}

Finding Splitter::open_comment_finding() const {
  return {Severity::error,
          "unterminated_comment",
          {},
          "the comment that begins here is never closed",
          dialect_.nested_comments ? "close it with */, once for each /* inside it as well"
                                   : "close it with */"};
}

void Splitter::refuse_open(const Token& token) {
  const char opening = token.text.front();
  const bool is_name =
      opening == '`' || opening == '[' || (opening == '"' && !dialect_.backslash_escapes);
  if (token.text.starts_with("/*")) {
    refuse(token.offset, open_comment_finding());
  } else if (opening == '$') {
    const std::string_view delimiter = token.text.substr(0, token.text.find('$', 1) + 1);
    refuse(token.offset, {Severity::error,
                          "unterminated_dollar_quote",
                          {},
                          fmt::format("the text that {} begins here is never closed", delimiter),
                          fmt::format("close it with {}, spelled the same", delimiter)});
  } else if (is_name) {
    const char closing = opening == '[' ? ']' : opening;
    refuse(token.offset, {Severity::error,
                          "unterminated_quoted_name",
                          {},
                          "the quoted name that begins here is never closed",
                          fmt::format("close it with {}", closing)});
  } else {
    const char quote = opening == '"' ? '"' : '\'';
    refuse(token.offset, {Severity::error,
                          "unterminated_string",
                          {},
                          "the string that begins here is never closed",
                          fmt::format("close it with {0}, and double each {0} inside it", quote)});
  }
}

void Splitter::refuse(std::size_t offset, Finding finding) {
  const TextPosition position = finding_finder_.at(offset);
  finding.place = {file_, position.line, position.column};
  result_.findings.push_back(std::move(finding));
}

std::size_t Splitter::behind_line(std::size_t offset) const {
  const std::size_t end = text_.find('\n', offset);
  return end == std::string_view::npos ? text_.size() : end + 1;
}

}  // namespace

SplitScript split_sql(std::string_view text, const Dialect& dialect, const std::string& file) {
  return Splitter(text, dialect, file).split();
}

}  // namespace tidegate
