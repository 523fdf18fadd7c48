#pragma once

#include <cstdint>
#include <string_view>

namespace tidegate::simulation {

/// The same number for the same text, on every machine.
inline std::int64_t hashed(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return static_cast<std::int64_t>(hash >> 1);
}

}  // namespace tidegate::simulation
