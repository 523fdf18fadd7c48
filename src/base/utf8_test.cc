#include "base/utf8.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

TEST(Utf8, AcceptsEveryLengthAndBoundary) {
  for (const char* text : {"", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(find_invalid_utf8(text), std::nullopt) << text;
  }
}

TEST(Utf8, NamesTheFirstByteOutOfPlace) {
  struct Case {
    std::string_view text;
    std::size_t offset;
  };
  const Case cases[] = {
      {"\x80", 0},                    // a continuation on its own
      {"a\xC3", 1},                   // cut short at the end
      {"a\xC3z", 1},                  // cut short in the middle
      {"12345678\xFF", 8},            // behind a whole word of ASCII
      {"\xC0\xAF", 0},                // overlong
      {"\xE0\x9F\xBF", 0},            // overlong
      {"\xF0\x8F\xBF\xBF", 0},        // overlong
      {"\xED\xA0\x80", 0},            // a surrogate
      {"\xF4\x90\x80\x80", 0},        // above U+10FFFF
      {"\xC3\xA9\xE2\x82", 2},        // behind a good one
      {"12345678é12345678\xE9", 18},  // latin-1 at the end
  };
  for (const Case& one : cases) EXPECT_EQ(find_invalid_utf8(one.text), one.offset) << one.text;
}

TEST(Utf8, CountsCharactersNotBytes) {
  EXPECT_EQ(count_code_points(""), 0U);
  EXPECT_EQ(count_code_points("aé€𝄞"), 4U);
}

TEST(Utf8, DropsOneByteOrderMark) {
  EXPECT_EQ(without_byte_order_mark("\xEF\xBB\xBFSELECT"), "SELECT");
  EXPECT_EQ(without_byte_order_mark("SELECT"), "SELECT");
  EXPECT_EQ(without_byte_order_mark("\xEF\xBB"), "\xEF\xBB");
}

}  // namespace
}  // namespace tidegate
