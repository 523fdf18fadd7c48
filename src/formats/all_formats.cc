#include <array>

#include "formats/format.h"

namespace tidegate {

std::span<const Format> all_formats() {
  static const std::array kAllFormats = {kNativeFormat, kEctoFormat};
  return kAllFormats;
}

}  // namespace tidegate
