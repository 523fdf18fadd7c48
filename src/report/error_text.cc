#include "report/error_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "report/printable.h"

namespace tidegate {
namespace {

constexpr std::size_t kLinesBefore = 3;    // of a statement, above the failing one
constexpr std::size_t kExcerptWidth = 96;  // columns; what is further left or right is cut
constexpr std::size_t kCaretLead = 60;     // columns kept left of a caret that is far right
constexpr std::string_view kIndent = "    ";

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// The first `count` characters of `text`.
std::string_view characters(std::string_view text, std::size_t count) {
  std::size_t offset = 0;
  while (offset < text.size() && count > 0) {
    ++offset;
    while (offset < text.size() && (static_cast<unsigned char>(text[offset]) & 0xC0U) == 0x80U) {
      ++offset;
    }
    --count;
  }
  return text.substr(0, offset);
}

/// A tab's width is the terminal's affair; one column keeps the caret in its place.
std::string shown_line(std::string_view line) {
  std::string text(line);
  std::replace(text.begin(), text.end(), '\t', ' ');
  return printable(text);
}

std::string plain_line(std::string_view line) {
  return fmt::format("{}{}\n", kIndent, cut_to_columns(shown_line(line), kExcerptWidth));
}

/// A line and the caret under its character `column`, which counts from 0.
std::string line_with_caret(std::string_view line, std::size_t column) {
  const std::string_view before = characters(line, column);
  std::string shown = shown_line(line);
  std::size_t caret = column_count(shown_line(before));
  if (caret >= kExcerptWidth) {
    const std::size_t dropped = caret - kCaretLead;
    shown = "…" + shown.substr(characters(shown, dropped + 1).size());
    caret = kCaretLead;
  }
  return fmt::format("{}{}\n{}{:{}}^\n", kIndent, cut_to_columns(shown, kExcerptWidth), kIndent, "",
                     caret);
}

void append_field(std::string& text, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  bool first = true;
  for (const std::string_view line : lines_of(value)) {
    text += first ? fmt::format("  {}: {}\n", name, printable(line))
                  : fmt::format("  {:{}}  {}\n", "", name.size(), printable(line));
    first = false;
  }
}

std::string shown_place(const Place& place) {
  return place.file.empty() ? std::string() : printable(to_string(place)) + ": ";
}

}  // namespace

std::string excerpt(std::string_view statement, const Place& start, const Place& spot) {
  const std::vector<std::string_view> lines = lines_of(statement);
  const bool known = start.line != 0 && spot.line >= start.line &&
                     spot.line - start.line < lines.size() && spot.column != 0;
  std::string text;
  if (!known) {
    for (std::size_t i = 0; i < std::min(lines.size(), kLinesBefore); ++i) {
      text += plain_line(lines[i]);
    }
    if (lines.size() > kLinesBefore) text += fmt::format("{}…\n", kIndent);
    return text;
  }
  const std::size_t failing = spot.line - start.line;
  for (std::size_t i = failing - std::min(failing, kLinesBefore); i < failing; ++i) {
    text += plain_line(lines[i]);
  }
  // A statement's first line begins where the statement does, not at the file's column 1.
  const std::size_t first_column = failing == 0 ? std::max(start.column, 1U) : 1U;
  const std::size_t column = spot.column - std::min<std::size_t>(spot.column, first_column);
  return text + line_with_caret(lines[failing], column);
}

std::string error_text(const Error& error, const std::optional<Place>& statement_start,
                       const Palette& palette) {
  const std::string place = shown_place(error.place);
  std::string text =
      fmt::format("{}{}\n", palette.paint(Ink::bad, place.empty() ? "error: " : place),
                  printable(error.message, LineEnds::kept));
  if (!error.statement.empty()) {
    text += excerpt(error.statement, statement_start.value_or(error.place), error.place);
  }
  append_field(text, "server code", error.server_code);
  append_field(text, "detail", error.detail);
  append_field(text, "hint", error.hint);
  return text;
}

std::string finding_text(const Finding& finding, const Palette& palette) {
  const bool warning = finding.severity == Severity::warning;
  std::string text = palette.paint(warning ? Ink::warning : Ink::bad, shown_place(finding.place));
  if (warning) {
    text += palette.paint(Ink::warning, "warning: ");
  } else if (finding.place.file.empty()) {
    text += palette.paint(Ink::bad, "error: ");
  }
  text += printable(finding.message) + '\n';
  if (!finding.recipe.empty()) text += fmt::format("  {}\n", printable(finding.recipe));
  return text;
}

}  // namespace tidegate
