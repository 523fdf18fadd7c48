#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "report/output.h"

namespace tidegate {

/// The last line of a terminal, written over and over. Nothing else of the terminal is touched:
/// no cursor is hidden, no mode is changed, so that being killed at any moment leaves no mess.
class LiveLine {
 public:
  explicit LiveLine(Output& output) : output_(output) {}

  /// Shows `text`, cut to a terminal of so many columns, in place of what was shown.
  void show(std::string_view text, std::size_t columns);

  /// Takes the line away, so that other lines can be written.
  void hide();

 private:
  Output& output_;
  std::string shown_;
};

/// How many columns the terminal at `descriptor` has; 80 where it doesn't say.
std::size_t terminal_columns(int descriptor);

}  // namespace tidegate
