#include "base/ascii.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

TEST(Ascii, ComparesLettersOnly) {
  EXPECT_TRUE(equals_ignoring_case("BeGin", "bEGIN"));
  EXPECT_FALSE(equals_ignoring_case("begin", "begi"));
  EXPECT_FALSE(equals_ignoring_case("É", "é"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));
}

TEST(Ascii, TakesWordsAndTheSpaceAroundThem) {
  std::string_view text = " \tone  two\r\n";
  EXPECT_EQ(take_word(text), "one");
  EXPECT_EQ(take_word(text), "two");
  EXPECT_EQ(take_word(text), "");
}

}  // namespace
}  // namespace tidegate
