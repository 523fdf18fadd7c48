#pragma once

#include <chrono>
#include <optional>

#include "tidegate/session.h"

namespace tidegate {

/// Whether who asks came for one look, or has stayed since an earlier one.
enum class Seat { wanted, taken };

/// Whether there is room for a connection that only waits. Others come first: who waits may take a
/// seat in the first half of what the server gives out, and keeps it up to three quarters. So the
/// comings and goings of a moment drive nobody out who would be back in the next.
bool has_room(const std::optional<Crowd>& crowd, Seat seat);

/// The least pause between two looks, so that all who wait, however many, together ask the server
/// about the same number of times a second. One of them is always about to look, so a dead holder
/// is found as soon as by a few who look often.
std::chrono::milliseconds least_pause(const std::optional<Crowd>& crowd, Seat seat);

}  // namespace tidegate
