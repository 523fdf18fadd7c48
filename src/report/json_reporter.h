#pragma once

#include <mutex>
#include <string>

#include "report/command_reporter.h"

namespace tidegate {

/// Tells programs: one JSON object a line and an event, on standard output, as
/// docs/schemas/events.schema.json has it.
///
/// Threads: any.
class JsonReporter : public CommandReporter {
 public:
  JsonReporter(Loudness loudness, Output& out) : loudness_(loudness), out_(out) {}

  void report(const Event& event) override;
  void clear() override {}
  void print(std::string_view lines) override;

 private:
  const Loudness loudness_;
  Output& out_;
  std::mutex mutex_;
};

/// An event as one line of JSON, its end included.
std::string json_line(const Event& event);

}  // namespace tidegate
