#include "report/text_reporter.h"

#include <unistd.h>

namespace tidegate {
namespace {

using namespace std::chrono_literals;

// A person sees a tenth of a second pass; a log needs to hear of minutes.
constexpr auto kLiveInterval = 100ms;
constexpr auto kLogInterval = 1s;
constexpr auto kClearPatience = 200ms;

}  // namespace

TextReporter::TextReporter(const ReporterSettings& settings, Output& out, Output& err,
                           const Clock& clock)
    : settings_(settings),
      out_(out),
      err_(err),
      clock_(clock),
      text_(settings.text),
      live_line_(err) {}

TextReporter::~TextReporter() {
  ticker_.reset();
  live_line_.hide();
}

bool TextReporter::wants(PassageKind kind) const {
  if (settings_.loudness == Loudness::quiet) return kind == PassageKind::error;
  // On a terminal the live line tells whom we wait for, and for how long by now.
  return kind != PassageKind::waiting || settings_.live == ReporterSettings::Live::no;
}

void TextReporter::write(const Passage& passage) {
  Output& output = passage.kind == PassageKind::result ? out_ : err_;
  output.write(passage.text);
}

void TextReporter::refresh() {
  if (settings_.live == ReporterSettings::Live::no || closed_) return;
  if (progress_.idle()) {
    live_line_.hide();
  } else {
    live_line_.show(progress_.line(clock_.now()), terminal_columns(STDERR_FILENO));
  }
}

/// The thread is made once there is something to tell between two events: a run with nothing to do
/// has none, and a waiting replica's log doesn't need one.
void TextReporter::start_ticker_for(const Event& event) {
  const bool live = settings_.live == ReporterSettings::Live::yes;
  const bool needed = live ? !progress_.idle() : std::holds_alternative<StepStarted>(event.what);
  if (!needed || ticker_) return;
  ticker_.emplace(
      live ? std::chrono::milliseconds(kLiveInterval) : std::chrono::milliseconds(kLogInterval),
      [this] { tick(); });
}

void TextReporter::report(const Event& event) {
  const std::lock_guard guard(mutex_);
  for (const Passage& passage : text_.passages(event)) {
    if (!wants(passage.kind)) continue;
    live_line_.hide();
    write(passage);
  }
  if (settings_.loudness == Loudness::quiet) return;
  progress_.heed(event, clock_.now());
  start_ticker_for(event);
  if (std::holds_alternative<StatementStarted>(event.what)) return;  // the next tick shows it
  refresh();
}

void TextReporter::tick() {
  const std::lock_guard guard(mutex_);
  if (settings_.live == ReporterSettings::Live::yes) {
    refresh();
    return;
  }
  for (const Progress::Overdue& overdue : progress_.take_overdue(clock_.now())) {
    err_.write(text_.prefix(overdue.target, PassageKind::note) + overdue.line);
  }
}

void TextReporter::clear() {
  const std::unique_lock lock(mutex_, kClearPatience);
  if (!lock.owns_lock()) return;
  live_line_.hide();
  closed_ = true;
}

void TextReporter::tell(const Notice& notice) {
  if (settings_.loudness == Loudness::quiet) return;
  print(notice.text + '\n');
}

void TextReporter::print(std::string_view lines) {
  const std::lock_guard guard(mutex_);
  live_line_.hide();
  out_.write(lines);
}

}  // namespace tidegate
