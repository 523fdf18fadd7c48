#include "report/event_text.h"

#include <fmt/format.h>

#include "base/duration.h"
#include "base/stopped_process.h"
#include "report/error_text.h"
#include "report/printable.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;

// A run of a thousand migrations mustn't fill each waiting replica's log with a thousand lines.
constexpr milliseconds kShortestBetweenProgressLines(1'000);

// Waits below this are nobody's concern.
constexpr milliseconds kShortestToldWait(100);

std::string_view done_word(Direction direction) {
  return direction == Direction::up ? "applied" : "reverted";
}

std::string plural(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string waited_text(milliseconds waited) {
  return waited < kShortestToldWait ? std::string()
                                    : fmt::format(" (waited {})", shown_duration(waited));
}

}  // namespace

std::string shown_migration(const Version& version, std::string_view name) {
  std::string text = printable(version.text());
  if (!name.empty()) text += ' ' + printable(name);
  return text;
}

std::string shown_holder(const Holder& holder) {
  std::string text =
      holder.who.empty() ? "another replica is migrating" : printable(holder.who) + " is migrating";
  if (!holder.progress.empty()) text += fmt::format(" ({})", printable(holder.progress));
  if (!holder.since.empty()) text += fmt::format(" since {}", printable(holder.since));
  if (holder.stopped_process) text += "; " + stopped_text(*holder.stopped_process);
  return text;
}

EventText::EventText(const EventTextSettings& settings)
    : settings_(settings), result_palette_(settings.result_color), palette_(settings.color) {}

std::string EventText::prefix(std::string_view target, PassageKind kind) const {
  if (settings_.target_names == TargetNames::hidden || target.empty()) return {};
  const Palette& palette = kind == PassageKind::result ? result_palette_ : palette_;
  return palette.paint(Ink::faint, printable(target) + ": ");
}

std::vector<Passage> EventText::passages(const Event& event) {
  Said& said = said_[std::string(event.target)];
  auto made = std::visit([&](const auto& what) { return passage(what, said); }, event.what);
  if (!made) return {};
  made->text = prefix(event.target, made->kind) + made->text;
  return {std::move(*made)};
}

std::optional<Passage> EventText::waiting_once(std::string line, Said& said) const {
  if (line == said.waiting) return std::nullopt;
  said.waiting = line;
  return Passage{PassageKind::waiting,
                 palette_.paint(Ink::faint, "waiting: ") + std::move(line) + '\n'};
}

std::optional<Passage> EventText::passage(const ServerAwaited& event, Said& said) {
  return waiting_once(printable(event.error.message), said);
}

// Whether the log heard of that holder less than a second ago.
bool EventText::too_soon(std::string_view holder, milliseconds now, Said& said) const {
  const bool same_holder = said.holder == holder && !said.waiting.empty();
  if (same_holder && now - said.at < kShortestBetweenProgressLines) return true;
  said.holder = holder;
  said.at = now;
  return false;
}

std::optional<Passage> EventText::passage(const LockBusy& event, Said& said) {
  if (too_soon(event.holder.who, event.elapsed, said)) return std::nullopt;
  return waiting_once(shown_holder(event.holder), said);
}

std::optional<Passage> EventText::passage(const LockTaken&, Said& said) {
  said.waiting.clear();
  return std::nullopt;
}

std::optional<Passage> EventText::passage(const SchemaCreated& event, Said&) {
  return Passage{PassageKind::result, fmt::format("created schema {}\n", printable(event.schema))};
}

std::optional<Passage> EventText::passage(const RunStarted&, Said& said) {
  said.waiting.clear();
  return std::nullopt;
}

std::optional<Passage> EventText::passage(const StepStarted&, Said&) { return std::nullopt; }

std::optional<Passage> EventText::passage(const StatementStarted& event, Said& said) {
  said.statement_start = event.place;
  if (settings_.sql_log == SqlLog::off) return std::nullopt;
  const std::string place =
      event.place.file.empty() ? "" : printable(to_string(event.place)) + ": ";
  return Passage{PassageKind::sql, fmt::format("{}{}\n", palette_.paint(Ink::faint, place),
                                               printable(event.sql, LineEnds::kept))};
}

std::optional<Passage> EventText::passage(const StepDone& event, Said&) {
  return Passage{
      PassageKind::result,
      fmt::format(
          "{} {}  {}\n", result_palette_.paint(Ink::good, done_word(event.direction)),
          shown_migration(event.version, event.name),
          result_palette_.paint(Ink::faint, fmt::format("({})", shown_duration(event.duration))))};
}

std::optional<Passage> EventText::passage(const StepFailed& event, Said& said) {
  std::optional<Place> start = said.statement_start;
  // A pipelined run may not have told of the failing statement: then its start isn't known.
  if (start && start->file != event.error.place.file) start.reset();
  return Passage{PassageKind::error, error_text(event.error, start, palette_)};
}

std::optional<Passage> EventText::passage(const StepRetried& event, Said&) {
  return Passage{
      PassageKind::warning,
      fmt::format("{}{}: {}; try {} follows in {}\n", palette_.paint(Ink::warning, "warning: "),
                  shown_migration(event.version, event.name), printable(event.error.message),
                  event.attempt + 1, shown_duration(event.pause))};
}

std::optional<Passage> EventText::passage(const NothingToDo& event, Said&) {
  const std::string waited = waited_text(event.waited);
  if (event.direction == Direction::down) {
    return Passage{PassageKind::result, fmt::format("nothing to revert{}\n", waited)};
  }
  return Passage{PassageKind::result,
                 fmt::format("nothing to do: {} recorded{}\n",
                             plural(event.recorded_count, "migration"), waited)};
}

std::optional<Passage> EventText::passage(const RunDone& event, Said&) {
  if (event.step_count < 2) return std::nullopt;  // the one line above says it all
  return Passage{PassageKind::result, fmt::format("{} {} in {}\n", done_word(event.direction),
                                                  plural(event.step_count, "migration"),
                                                  shown_duration(event.duration))};
}

std::optional<Passage> EventText::passage(const GateShut& event, Said& said) {
  // What it came to is told by the end itself.
  if (event.ends_wait) return std::nullopt;
  const auto& holder = event.state.holder;
  if (event.state.verdict == Verdict::running && holder) {
    if (too_soon(holder->who, event.elapsed, said)) return std::nullopt;
    return waiting_once(shown_holder(*holder), said);
  }
  return waiting_once(
      fmt::format("{}: {}", to_string(event.state.verdict), printable(event.state.reason)), said);
}

std::optional<Passage> EventText::passage(const GateOpened& event, Said& said) {
  said.waiting.clear();
  return Passage{
      PassageKind::result,
      fmt::format("{}: {}{}\n", result_palette_.paint(Ink::good, to_string(event.state.verdict)),
                  printable(event.state.reason), waited_text(event.elapsed))};
}

std::optional<Passage> EventText::passage(const Found& event, Said&) {
  const PassageKind kind =
      event.finding.severity == Severity::warning ? PassageKind::warning : PassageKind::error;
  return Passage{kind, finding_text(event.finding, palette_)};
}

std::optional<Passage> EventText::passage(const ServerNotice& event, Said&) {
  return Passage{PassageKind::note,
                 fmt::format("{}: {}\n", printable(event.severity), printable(event.message))};
}

// Until the last is done, the live line tells it.
std::optional<Passage> EventText::passage(const TargetsProgress& event, Said&) {
  if (event.done_count < event.total_count) return std::nullopt;
  std::string who;
  if (event.changed_count) {
    who = fmt::format(": {} changed by this replica, {} by others or before,", *event.changed_count,
                      event.total_count - *event.changed_count);
  }
  return Passage{PassageKind::result,
                 fmt::format("{} schemas are ready{} in {}\n", event.total_count, who,
                             shown_duration(event.elapsed))};
}

std::optional<Passage> EventText::passage(const Ended& event, Said&) {
  return Passage{PassageKind::error, error_text(event.error, std::nullopt, palette_)};
}

}  // namespace tidegate
