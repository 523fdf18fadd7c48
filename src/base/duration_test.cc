#include "base/duration.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

using namespace std::chrono_literals;

TEST(Duration, IsANumberWithAUnit) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("5s"), 5s);
  EXPECT_EQ(parse_duration("2m"), 2min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("1m30s"), 90s);
  EXPECT_EQ(parse_duration("1h2m3s4ms"), 1h + 2min + 3s + 4ms);
  EXPECT_EQ(parse_duration("0"), 0ms);
}

TEST(Duration, IsNothingElse) {
  for (const char* text : {"", "5", "s", "5 s", " 5s", "5s ", "-5s", "+5s", "5.5s", "5sec", "1d",
                           "5s5", "99999999999s", "4294967295h", "10000h", "m5"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Duration, IsShownAsLongAsItMatters) {
  EXPECT_EQ(shown_duration(300us), "<1 ms");
  EXPECT_EQ(shown_duration(12'900us), "12 ms");
  EXPECT_EQ(shown_duration(999ms), "999 ms");
  EXPECT_EQ(shown_duration(1'250ms), "1.2 s");
  EXPECT_EQ(shown_duration(59'999ms), "59.9 s");
  EXPECT_EQ(shown_duration(125s), "2m05s");
  EXPECT_EQ(shown_duration(3'720s), "1h02m");
}

TEST(Duration, IsWrittenAsOneWouldTypeIt) {
  for (const char* text : {"0s", "500ms", "5s", "2m", "1h", "1m30s", "1h2m3s4ms"}) {
    EXPECT_EQ(typed_duration(*parse_duration(text)), text);
  }
}

}  // namespace
}  // namespace tidegate
