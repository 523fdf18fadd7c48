#include "base/text_position.h"

#include <algorithm>

#include "base/utf8.h"

namespace tidegate {

TextPosition PositionFinder::at(std::size_t offset) {
  offset = std::min(offset, text_.size());
  if (offset < offset_) *this = PositionFinder(text_);
  // Only what lies between the two offsets is looked at, so that a dump on one line stays linear.
  std::string_view between = text_.substr(offset_, offset - offset_);
  for (std::size_t end = between.find('\n'); end != between.npos; end = between.find('\n')) {
    between.remove_prefix(end + 1);
    ++position_.line;
    position_.column = 1;
  }
  position_.column += static_cast<std::uint32_t>(count_code_points(between));
  offset_ = offset;
  return position_;
}

TextPosition position_of(std::string_view text, std::size_t offset) {
  return PositionFinder(text).at(offset);
}

}  // namespace tidegate
