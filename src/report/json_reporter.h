#pragma once

#include <map>
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
  void tell(const Notice& notice) override;

 private:
  /// What was last told of a wait.
  struct Wait {
    std::string about;  ///< who or what is waited for
    std::string told;
    std::chrono::milliseconds at{};
  };
  bool is_news(const Event& event);

  const Loudness loudness_;
  Output& out_;
  std::mutex mutex_;
  std::map<std::string, Wait, std::less<>> waits_;  ///< by database
};

/// An event as one line of JSON, its end included.
std::string json_line(const Event& event);

}  // namespace tidegate
