#include "sql/words.h"

#include <vector>

#include "base/ascii.h"
#include "sql/lexer.h"

namespace tidegate {
namespace {

// No pattern needs more; a long statement is not read to its end for what its head says.
constexpr std::size_t kMostWords = 64;

/// A quoted name or a literal: a word of its own that no pattern's word equals.
constexpr std::string_view kOpaque = "?";

using Words = std::span<const std::string_view>;

std::vector<std::string_view> words_of(std::string_view statement, const Dialect& dialect,
                                       std::size_t most) {
  std::vector<std::string_view> words;
  Lexer lexer(statement, dialect);
  for (Token token = lexer.next(); token.kind != TokenKind::end && words.size() < most;
       token = lexer.next()) {
    if (token.kind == TokenKind::word) words.push_back(token.text);
    if (token.kind == TokenKind::identifier || token.kind == TokenKind::literal) {
      words.push_back(kOpaque);
    }
  }
  return words;
}

std::vector<std::string_view> pattern_words(std::string_view pattern) {
  std::vector<std::string_view> words;
  while (!pattern.empty()) words.push_back(take_word(pattern));
  return words;
}

bool matches_either(std::string_view alternatives, std::string_view word) {
  while (true) {
    const std::size_t bar = alternatives.find('|');
    if (equals_ignoring_case(alternatives.substr(0, bar), word)) return true;
    if (bar == std::string_view::npos) return false;
    alternatives.remove_prefix(bar + 1);
  }
}

bool matches(Words pattern, Words words) {
  if (pattern.empty()) return true;
  const std::string_view first = pattern.front();
  const Words rest = pattern.subspan(1);
  if (first == "$") return words.empty();
  if (first == "*" || first == "+") {
    for (std::size_t skipped = first == "+" ? 1 : 0; skipped <= words.size(); ++skipped) {
      if (matches(rest, words.subspan(skipped))) return true;
    }
    return false;
  }
  if (first.starts_with('[')) {
    const bool present =
        !words.empty() && matches_either(first.substr(1, first.size() - 2), words.front());
    return (present && matches(rest, words.subspan(1))) || matches(rest, words);
  }
  return !words.empty() && matches_either(first, words.front()) && matches(rest, words.subspan(1));
}

}  // namespace

const StatementPattern* find_pattern(std::span<const StatementPattern> patterns,
                                     std::string_view statement, const Dialect& dialect) {
  // Most statements are ruled out by their first word, before anything is gathered.
  const auto first = words_of(statement, dialect, 1);
  if (first.empty()) return nullptr;
  std::vector<std::string_view> words;
  for (const StatementPattern& pattern : patterns) {
    const std::string_view head = pattern.words.substr(0, pattern.words.find(' '));
    if (!equals_ignoring_case(head, first.front())) continue;
    if (words.empty()) words = words_of(statement, dialect, kMostWords);
    if (matches(pattern_words(pattern.words), words)) return &pattern;
  }
  return nullptr;
}

}  // namespace tidegate
