#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "report/command_reporter.h"
#include "report/live_line.h"
#include "report/progress.h"
#include "report/ticker.h"

namespace tidegate {

/// Tells people: plain lines, results on standard output, all else on standard error; on a terminal
/// also a live line that says what is going on and for how long.
///
/// Threads: any; reports from several databases don't mix within a line.
class TextReporter : public CommandReporter {
 public:
  TextReporter(const ReporterSettings& settings, Output& out, Output& err, const Clock& clock);
  ~TextReporter() override;

  void report(const Event& event) override;
  void clear() override;
  void print(std::string_view lines) override;
  void tell(const Notice& notice) override;

  /// Brings the live line up to date, or tells a log of a migration that takes long.
  void tick();

 private:
  bool wants(PassageKind kind) const;
  void write(const Passage& passage);
  void refresh();
  void start_ticker_for(const Event& event);

  const ReporterSettings settings_;
  Output& out_;
  Output& err_;
  const Clock& clock_;

  std::timed_mutex mutex_;
  EventText text_;
  Progress progress_;
  LiveLine live_line_;
  bool closed_ = false;           // the terminal was left clean for good
  std::optional<Ticker> ticker_;  // last: its thread uses all of the above
};

}  // namespace tidegate
