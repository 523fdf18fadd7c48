#pragma once

#include "tidegate/clock.h"

namespace tidegate {

/// The machine's own clock.
class SystemClock : public Clock {
 public:
  TimePoint now() const override;
  void sleep_until(TimePoint until, std::stop_token stop) const override;
  std::uint32_t seed() const override;
};

}  // namespace tidegate
