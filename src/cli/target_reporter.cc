#include "cli/target_reporter.h"

namespace tidegate::cli {
namespace {

bool is_trouble(const Event& event) {
  return std::holds_alternative<StepFailed>(event.what) ||
         std::holds_alternative<StepRetried>(event.what) ||
         std::holds_alternative<Found>(event.what) || std::holds_alternative<Ended>(event.what);
}

}  // namespace

void TargetReporter::report(const Event& event) {
  {
    const std::lock_guard guard(mutex_);
    if (const auto* shut = std::get_if<GateShut>(&event.what)) last_state_ = shut->state;
    if (std::holds_alternative<StepFailed>(event.what)) told_of_failure_ = true;
  }
  if (detail_ == Detail::all || is_trouble(event)) next_.report({name_, event.what});
}

std::optional<GateState> TargetReporter::last_state() const {
  const std::lock_guard guard(mutex_);
  return last_state_;
}

bool TargetReporter::told_of_failure() const {
  const std::lock_guard guard(mutex_);
  return told_of_failure_;
}

}  // namespace tidegate::cli
