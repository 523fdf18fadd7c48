#pragma once

#include <string>
#include <string_view>

#include "tidegate/error.h"

namespace tidegate {

inline constexpr auto kGoOnAfterFence =
    "run 'tidegate migrate' again: it goes on from what the history says";

/// What a run ends with that finds a guard untrue. `what`: which of the other's things it met.
inline Error fenced_error(std::string_view what) {
  return {ErrorCode::fenced, "another replica took over: " + std::string(what) + " is in the way",
          kGoOnAfterFence};
}

/// Makes the loss of a session into what it means for a process that stood still.
inline void tell_stood_still(Error& error) {
  error.code = ErrorCode::fenced;
  error.message =
      "this process was stopped for so long that the server ended its session and let go of its "
      "lock";
  error.hint = kGoOnAfterFence;
}

}  // namespace tidegate
