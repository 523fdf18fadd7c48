#pragma once

#include <chrono>
#include <optional>

#include "door/connect.h"
#include "run/migrator_parts.h"
#include "tidegate/clock.h"
#include "tidegate/database.h"
#include "tidegate/error.h"

namespace tidegate {

/// Whether a run goes on with another session after it lost one, and how patiently.
class Comebacks {
 public:
  explicit Comebacks(const MigrateOptions& options) : options_(options) {}

  /// For the next session. Who waits for another replica's run isn't sent away by a full server.
  Patience patience(const Waiting& waiting) const;

  /// How long to pause before the next session; nothing when `error` ends the run.
  std::optional<std::chrono::milliseconds> pause_after(const Error& error,
                                                       const MigrateReport& report, TimePoint now);

 private:
  MigrateOptions options_;
  std::size_t applied_before_ = 0;
  int lost_count_ = 0;
  std::optional<TimePoint> lost_at_;
};

}  // namespace tidegate
