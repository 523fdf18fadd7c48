#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sql/lexer.h"
#include "sql/meta_commands.h"
#include "sql/splitter.h"

namespace tidegate {

/// Where the text behind a statement begins: behind its rows, when it is a COPY.
inline std::size_t end_of(const Statement& statement) {
  if (statement.copy_data_offset) {
    return *statement.copy_data_offset + statement.copy_data_size_bytes;
  }
  return statement.offset + statement.size_bytes;
}

/// Follows what is left between statements: space, comments, whatever ends a statement, and the
/// lines that say what that is.
class Gaps {
 public:
  explicit Gaps(const Dialect& dialect) : dialect_(dialect) {}

  /// Whether nothing else is in `gap`, which follows the gaps that were asked for before. All but
  /// the first are behind a statement, whose end comes before any command.
  bool add(std::string_view gap) {
    Lexer lexer(gap, dialect_);
    lexer.set_delimiter(delimiter_);
    bool in_statement = std::exchange(is_behind_statement_, true);
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
      const std::string_view rest = gap.substr(token.offset);
      const bool may_be_command = dialect_.client == Client::mariadb && !in_statement;
      in_statement = false;
      if (may_be_command && begins_delimiter_command(rest)) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        delimiter_ = delimiter_of(line).value();
        lexer.set_delimiter(delimiter_);
        lexer.move_to(token.offset + line.size());
      } else if (token.text != delimiter_) {
        return false;
      }
      lexer.begin_statement();
    }
    return true;
  }

 private:
  const Dialect& dialect_;
  std::string delimiter_ = ";";
  bool is_behind_statement_ = false;
};

/// The found statements, each with its end, in one text.
inline std::string joined(const SplitScript& split, std::string_view text, const Dialect& dialect) {
  std::string all;
  std::string delimiter = ";";
  if (dialect.client == Client::mariadb) {
    // Any that isn't in the text, whose statements may have semicolons, and that doesn't begin as
    // it ends.
    delimiter = "|;";
    while (text.find(delimiter) != std::string_view::npos) delimiter += ';';
    all = "DELIMITER " + delimiter + "\n";
  }
  for (const Statement& statement : split.statements) {
    all += text.substr(statement.offset, statement.size_bytes);
    // What a parenthesis holds open to the end of the text must not swallow a semicolon of ours.
    const bool is_last = &statement == &split.statements.back() && !statement.copy_data_offset;
    if (is_last && dialect.parentheses_hide) break;
    all += delimiter + "\n";
    if (!statement.copy_data_offset) continue;
    all += text.substr(*statement.copy_data_offset, statement.copy_data_size_bytes);
    all += "\\.\n";
  }
  return all;
}

/// What must hold for every text whatever; returns what doesn't.
inline std::optional<std::string> broken_splitter_property(std::string_view text,
                                                           const Dialect& dialect) {
  const SplitScript split = split_sql(text, dialect, "f.sql");
  Gaps gaps(dialect);
  std::size_t end = 0;
  for (const Statement& statement : split.statements) {
    if (statement.size_bytes == 0) return "an empty statement";
    if (statement.offset < end) return "statements overlap or are out of order";
    if (end_of(statement) > text.size()) return "a statement is outside the text";
    if (statement.line == 0 || statement.column == 0) return "a statement has no place";
    std::string_view gap = text.substr(end, statement.offset - end);
    // The line that ends a COPY's rows.
    if (gap.starts_with("\\.")) gap.remove_prefix(2);
    if (split.findings.empty() && !gaps.add(gap)) return "something is left between two";
    end = end_of(statement);
  }
  if (!split.findings.empty()) return std::nullopt;
  std::string_view rest = text.substr(end);
  if (rest.starts_with("\\.")) rest.remove_prefix(2);
  if (!gaps.add(rest)) return "something is left behind the last";

  const std::string again = joined(split, text, dialect);
  const SplitScript second = split_sql(again, dialect, "f.sql");
  if (second.statements.size() != split.statements.size()) return "a second split counts otherwise";
  for (std::size_t i = 0; i < split.statements.size(); ++i) {
    const Statement& one = split.statements[i];
    const Statement& other = second.statements[i];
    if (text.substr(one.offset, one.size_bytes) !=
        std::string_view(again).substr(other.offset, other.size_bytes)) {
      return "a second split cuts otherwise";
    }
    if (one.copy_data_size_bytes != other.copy_data_size_bytes) return "a second split loses rows";
  }
  return std::nullopt;
}

}  // namespace tidegate
