#include <fmt/format.h>

#include <algorithm>

#include "report/error_text.h"
#include "report/event_text.h"
#include "report/printable.h"
#include "report/status_report.h"
#include "report/status_rows.h"

namespace tidegate {
namespace {

/// RFC 3339 as people write it: `2026-11-22 12:00:00`.
std::string shown_moment(const std::string& moment) {
  std::string text = printable(moment.substr(0, moment.find_first_of(".Z+")));
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

Ink ink_of(MigrationState state) {
  switch (state) {
    case MigrationState::applied:
      return Ink::good;
    case MigrationState::failed:
    case MigrationState::edited:
    case MigrationState::interrupted:
      return Ink::bad;
    case MigrationState::missing_file:
    case MigrationState::running:
      return Ink::warning;
    case MigrationState::pending:
      return Ink::strong;
  }
  return Ink::strong;
}

struct Cells {
  Ink ink;
  std::string state, version, name, applied_at;
};

std::string padding(std::string_view text, std::size_t width) {
  const std::size_t count = column_count(text);
  return std::string(width - std::min(width, count), ' ');
}

std::string table_text(std::span<const Cells> cells, const Palette& palette) {
  const Cells head{Ink::faint, "Status", "Version", "Name", "Applied at (UTC)"};
  std::size_t widths[3] = {head.state.size(), head.version.size(), head.name.size()};
  for (const Cells& row : cells) {
    widths[0] = std::max(widths[0], column_count(row.state));
    widths[1] = std::max(widths[1], column_count(row.version));
    widths[2] = std::max(widths[2], column_count(row.name));
  }
  std::string text;
  const auto append = [&](const Cells& row) {
    std::string line =
        fmt::format("  {}{}  {}{}  {}{}  {}", palette.paint(row.ink, row.state),
                    padding(row.state, widths[0]), row.version, padding(row.version, widths[1]),
                    row.name, padding(row.name, widths[2]), row.applied_at);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  };
  append(head);
  for (const Cells& row : cells) append(row);
  return text;
}

int gravity(Verdict verdict) {
  switch (verdict) {
    case Verdict::open:
      return 0;
    case Verdict::ahead:
      return 1;
    case Verdict::running:
      return 2;
    case Verdict::pending:
      return 3;
    case Verdict::no_history:
      return 4;
    case Verdict::stalled:
      return 5;
    case Verdict::no_database:
      return 6;
    case Verdict::unreachable:
      return 7;
    case Verdict::failed:
      return 8;
    case Verdict::too_old:
      return 9;
    case Verdict::blocked:
      return 10;
  }
  return 10;
}

}  // namespace

std::string status_text(const MigrationSet& set, const DatabaseStatus& seen,
                        const Palette& palette) {
  const GateState& state = seen.status.state;
  std::string text = palette.paint(Ink::strong, printable(seen.database)) + '\n';
  const bool looked_inside =
      state.verdict != Verdict::unreachable && state.verdict != Verdict::no_database;
  if (looked_inside) {
    std::vector<Cells> cells;
    for (const StatusRow& row : status_rows(set, seen.status)) {
      cells.push_back({ink_of(row.state), std::string(shown_state(row.state)),
                       printable(row.version.text()), printable(row.name),
                       shown_moment(row.applied_at)});
    }
    text += table_text(cells, palette);
  }
  text += fmt::format(
      "{}: {}\n",
      palette.paint(is_open(state.verdict) ? Ink::good : Ink::warning, to_string(state.verdict)),
      printable(state.reason));
  if (state.holder) text += fmt::format("  {}\n", shown_holder(*state.holder));
  if (!state.recipe.empty()) text += fmt::format("  {}\n", printable(state.recipe));
  for (const Finding& finding : state.findings) text += finding_text(finding, palette);
  return text;
}

Verdict gravest(std::span<const DatabaseStatus> seen) {
  Verdict worst = Verdict::open;
  for (const DatabaseStatus& one : seen) {
    const Verdict verdict = one.status.state.verdict;
    if (gravity(verdict) > gravity(worst)) worst = verdict;
  }
  return worst;
}

}  // namespace tidegate
