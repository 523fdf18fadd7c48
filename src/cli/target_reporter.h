#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "tidegate/reporter.h"

namespace tidegate::cli {

/// Puts the name of one database on its events before it passes them on, and remembers what the
/// command has to know in the end.
///
/// Threads: any.
class TargetReporter : public Reporter {
 public:
  /// Where there are many databases, a person wants to hear of each only what went wrong.
  enum class Detail { all, troubles };

  explicit TargetReporter(Reporter& next, Detail detail = Detail::all)
      : next_(next), detail_(detail) {}

  /// Sets the name; before the first event.
  void call(std::string name) { name_ = std::move(name); }
  const std::string& name() const { return name_; }

  void report(const Event& event) override;

  /// What the gate saw last.
  std::optional<GateState> last_state() const;

  /// Whether a failing migration was told of.
  bool told_of_failure() const;

 private:
  Reporter& next_;
  const Detail detail_;
  std::string name_;
  mutable std::mutex mutex_;
  std::optional<GateState> last_state_;
  bool told_of_failure_ = false;
};

}  // namespace tidegate::cli
