#include "base/text_position.h"

#include <gtest/gtest.h>

#include <string>

namespace tidegate {
namespace {

std::string shown(TextPosition position) {
  return std::to_string(position.line) + ":" + std::to_string(position.column);
}

TEST(TextPosition, CountsLinesAndCharactersFromOne) {
  const std::string_view text = "aé b\r\nc\n\nd";
  EXPECT_EQ(shown(position_of(text, 0)), "1:1");
  EXPECT_EQ(shown(position_of(text, 4)), "1:4");
  EXPECT_EQ(shown(position_of(text, text.find('c'))), "2:1");
  EXPECT_EQ(shown(position_of(text, text.find('d'))), "4:1");
  EXPECT_EQ(shown(position_of(text, text.size() + 9)), "4:2");
}

TEST(TextPosition, GoesOnFromTheLastOffsetAndBack) {
  PositionFinder finder("one\ntwo\nthree");
  EXPECT_EQ(shown(finder.at(5)), "2:2");
  EXPECT_EQ(shown(finder.at(6)), "2:3");
  EXPECT_EQ(shown(finder.at(8)), "3:1");
  EXPECT_EQ(shown(finder.at(1)), "1:2");
}

}  // namespace
}  // namespace tidegate
