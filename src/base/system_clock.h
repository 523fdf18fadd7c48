#pragma once

#include "tidegate/clock.h"

namespace tidegate {

/// The machine's own clock.
class SystemClock : public Clock {
 public:
  TimePoint now() const override;
};

}  // namespace tidegate
