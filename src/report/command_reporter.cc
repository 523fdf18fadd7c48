#include "report/command_reporter.h"

#include "report/json_reporter.h"
#include "report/text_reporter.h"

namespace tidegate {

std::unique_ptr<CommandReporter> make_reporter(const ReporterSettings& settings, Output& out,
                                               Output& err, const Clock& clock) {
  if (settings.format == ReportFormat::json) {
    return std::make_unique<JsonReporter>(settings.loudness, out);
  }
  return std::make_unique<TextReporter>(settings, out, err, clock);
}

}  // namespace tidegate
