#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/event_text.h"
#include "report/output.h"
#include "tidegate/clock.h"
#include "tidegate/reporter.h"

namespace tidegate {

/// What a short command did, in one line: `created app.db`.
struct Notice {
  std::string_view target;  ///< the database, or empty; for programs
  std::string_view event;   ///< its name for programs: `database_created`
  std::string text;         ///< for people, printable, without a line end
  std::vector<std::pair<std::string_view, std::string>> fields = {};  ///< for programs
};

/// A reporter of the command line: it can be told to leave the terminal clean.
class CommandReporter : public Reporter {
 public:
  /// Takes an unfinished line off the terminal, for good. Waits only shortly for a report that is
  /// being written, since a process that ends at a signal calls this.
  ///
  /// Threads: any.
  virtual void clear() = 0;

  /// Writes whole lines that are a command's result to standard output, between the events.
  virtual void print(std::string_view lines) = 0;

  /// Tells what a short command did.
  virtual void tell(const Notice& notice) = 0;
};

enum class ReportFormat { text, json };
enum class Loudness { normal, quiet };

/// How a command tells what happens.
struct ReporterSettings {
  ReportFormat format = ReportFormat::text;
  Loudness loudness = Loudness::normal;
  EventTextSettings text;
  enum class Live { no, yes };
  /// Whether standard error is a terminal that a progress line may be drawn on.
  Live live = Live::no;
};

/// The reporter that fits. `out` and `err` must outlive it.
std::unique_ptr<CommandReporter> make_reporter(const ReporterSettings& settings, Output& out,
                                               Output& err, const Clock& clock);

}  // namespace tidegate
