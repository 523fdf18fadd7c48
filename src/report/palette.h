#pragma once

#include <string>
#include <string_view>

namespace tidegate {

enum class Color { off, on };

/// What a piece of text is; a palette knows how that looks.
enum class Ink { good, bad, warning, faint, strong };

/// Paints text for a terminal, or leaves it alone.
class Palette {
 public:
  explicit Palette(Color color) : color_(color) {}

  std::string paint(Ink ink, std::string_view text) const;

 private:
  Color color_;
};

}  // namespace tidegate
