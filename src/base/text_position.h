#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tidegate {

/// A spot in a text; both count from 1, columns in characters (code points).
struct TextPosition {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// Finds positions of ascending offsets in one pass over a text.
///
/// Lines end at LF alone: CRLF counts once, and an old Mac's lone CR doesn't end one.
class PositionFinder {
 public:
  explicit PositionFinder(std::string_view text) : text_(text) {}

  /// The position of `offset`. Starts anew when `offset` is before the last one asked for.
  TextPosition at(std::size_t offset);

 private:
  std::string_view text_;
  std::size_t offset_ = 0;
  TextPosition position_;
};

/// The position of one offset.
TextPosition position_of(std::string_view text, std::size_t offset);

}  // namespace tidegate
