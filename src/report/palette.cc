#include "report/palette.h"

#include <fmt/format.h>

namespace tidegate {
namespace {

// The eight colours that every terminal theme keeps readable; never a background.
std::string_view code_of(Ink ink) {
  switch (ink) {
    case Ink::good:
      return "32";
    case Ink::bad:
      return "1;31";
    case Ink::warning:
      return "33";
    case Ink::faint:
      return "2";
    case Ink::strong:
      return "1";
  }
  return "0";
}

}  // namespace

std::string Palette::paint(Ink ink, std::string_view text) const {
  if (color_ == Color::off || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code_of(ink), text);
}

}  // namespace tidegate
