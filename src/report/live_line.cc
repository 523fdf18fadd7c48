#include "report/live_line.h"

#include <sys/ioctl.h>

#include "report/printable.h"

namespace tidegate {
namespace {

// Back to the first column, and erase to the end: ECMA-48, understood by every terminal there is.
constexpr std::string_view kErase = "\r\x1b[K";

}  // namespace

void LiveLine::show(std::string_view text, std::size_t columns) {
  // A terminal wraps what reaches its last column, and then one line no longer can be erased.
  std::string cut = cut_to_columns(text, columns > 1 ? columns - 1 : 0);
  if (cut == shown_) return;
  output_.write(std::string(kErase) + cut);
  shown_ = std::move(cut);
}

void LiveLine::hide() {
  if (shown_.empty()) return;
  output_.write(kErase);
  shown_.clear();
}

std::size_t terminal_columns(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace tidegate
