#include "sql/words.h"

#include <array>

#include "base/ascii.h"
#include "sql/lexer.h"

namespace tidegate {
namespace {

// No pattern needs more; a long statement is not read to its end for what its head says.
constexpr std::size_t kMostWords = 64;

/// A quoted name or a literal: a word of its own that no pattern's word equals.
constexpr std::string_view kOpaque = "?";

/// A statement's words, read no further than they are asked for: most statements are ruled out by
/// their first or second.
class Words {
 public:
  Words(std::string_view statement, const Dialect& dialect) : lexer_(statement, dialect) {}

  /// Whether there is a word of that index.
  bool has(std::size_t index) {
    while (size_ <= index && size_ < kMostWords && !ended_) read();
    return index < size_;
  }
  /// REQUIRES: has(index).
  std::string_view at(std::size_t index) const { return words_[index]; }

 private:
  void read() {
    const Token token = lexer_.next();
    if (token.kind == TokenKind::end) ended_ = true;
    if (token.kind == TokenKind::word) words_[size_++] = token.text;
    if (token.kind == TokenKind::identifier || token.kind == TokenKind::literal) {
      words_[size_++] = kOpaque;
    }
  }

  Lexer lexer_;
  std::array<std::string_view, kMostWords> words_;
  std::size_t size_ = 0;
  bool ended_ = false;
};

/// Takes the first word off a pattern, whose words have one space between them.
std::string_view take_first(std::string_view& pattern) {
  const std::size_t space = pattern.find(' ');
  const std::string_view first = pattern.substr(0, space);
  pattern.remove_prefix(space == std::string_view::npos ? pattern.size() : space + 1);
  return first;
}

bool matches_either(std::string_view alternatives, std::string_view word) {
  while (true) {
    const std::size_t bar = alternatives.find('|');
    if (equals_ignoring_case(alternatives.substr(0, bar), word)) return true;
    if (bar == std::string_view::npos) return false;
    alternatives.remove_prefix(bar + 1);
  }
}

/// Whether the words from `index` on begin as the pattern says.
bool matches(std::string_view pattern, Words& words, std::size_t index) {
  if (pattern.empty()) return true;
  const std::string_view first = take_first(pattern);
  if (first == "$") return !words.has(index);
  if (first == "*" || first == "+") {
    std::size_t from = index + (first == "+" ? 1 : 0);
    for (; from == index || words.has(from - 1); ++from) {
      if (matches(pattern, words, from)) return true;
    }
    return false;
  }
  if (first.starts_with('[')) {
    const bool present =
        words.has(index) && matches_either(first.substr(1, first.size() - 2), words.at(index));
    return (present && matches(pattern, words, index + 1)) || matches(pattern, words, index);
  }
  return words.has(index) && matches_either(first, words.at(index)) &&
         matches(pattern, words, index + 1);
}

}  // namespace

const StatementPattern* find_pattern(std::span<const StatementPattern> patterns,
                                     std::string_view statement, const Dialect& dialect) {
  Words words(statement, dialect);
  if (!words.has(0)) return nullptr;
  const char initial = to_lower(words.at(0).front());
  for (const StatementPattern& pattern : patterns) {
    // No pattern begins with a wildcard, so the first letter rules out most of them.
    if (to_lower(pattern.words.front()) == initial && matches(pattern.words, words, 0)) {
      return &pattern;
    }
  }
  return nullptr;
}

const StatementPattern* commits_by_itself(std::string_view statement, const Dialect& dialect) {
  const StatementPattern* pattern = find_pattern(dialect.commits_by_itself, statement, dialect);
  if (pattern == nullptr) return nullptr;
  return find_pattern(dialect.stays_in_transaction, statement, dialect) ? nullptr : pattern;
}

}  // namespace tidegate
