#pragma once

#include "tidegate/reporter.h"

namespace tidegate {

/// Hears everything and tells nobody.
class Silent : public Reporter {
 public:
  void report(const Event& /*event*/) override {}
};

}  // namespace tidegate
