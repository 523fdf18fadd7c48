#pragma once

#include <string>

#include "report/output.h"

namespace tidegate {

/// Keeps what is written, for tests.
class KeptOutput : public Output {
 public:
  void write(std::string_view more) override { text += more; }

  std::string text;
};

}  // namespace tidegate
