#pragma once

#include <string>
#include <string_view>

#include "tidegate/error.h"

namespace tidegate {

/// What a run ends with that finds a guard untrue. `what`: which of the other's things it met.
inline Error fenced_error(std::string_view what) {
  return {ErrorCode::fenced, "another replica took over: " + std::string(what) + " is in the way",
          "run 'tidegate migrate' again: it goes on from what the history says"};
}

}  // namespace tidegate
