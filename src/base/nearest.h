#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tidegate {

/// How many letters must be added, dropped, changed or swapped with their neighbour to turn one
/// word into the other.
std::size_t edit_distance(std::string_view left, std::string_view right);

/// The word a person most likely meant, or an empty text when none is near enough.
std::string_view nearest(std::string_view written, std::span<const std::string_view> known);

}  // namespace tidegate
