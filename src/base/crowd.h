#pragma once

#include <chrono>
#include <optional>

#include "tidegate/session.h"

namespace tidegate {

/// Whether there is room for a connection that only waits. Others come first: who waits may have at
/// most the first half of what the server gives out.
bool has_room_for_waiters(const std::optional<Crowd>& crowd);

/// The least pause between two looks, so that all who wait, however many, together ask the server
/// about the same number of times a second. One of them is always about to look, so a dead holder
/// is found as soon as by a few who look often.
std::chrono::milliseconds least_pause(const std::optional<Crowd>& crowd);

}  // namespace tidegate
