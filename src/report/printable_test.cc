#include "report/printable.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

TEST(Printable, LeavesTextAlone) {
  EXPECT_EQ(printable("plain text, Ünïcødé, 漢字, 🎉"), "plain text, Ünïcødé, 漢字, 🎉");
}

TEST(Printable, ShowsWhatWouldSteerATerminal) {
  EXPECT_EQ(printable("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(printable("a\rb\x07"), "a\\rb\\x07");
  EXPECT_EQ(printable("\xc2\x9b"), "\\x9b");  // CSI as one character of Unicode
  EXPECT_EQ(printable("\x7f"), "\\x7f");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(Printable, ShowsWhatWouldMislead) {
  EXPECT_EQ(printable("a\u202eb"), "a\\u202eb");
  EXPECT_EQ(printable("a\u2066b"), "a\\u2066b");
}

TEST(Printable, ShowsBytesThatAreNoText) {
  EXPECT_EQ(printable("a\xff\xc3"), "a\\xff\\xc3");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(printable("\xc0\x80"), "\\xc0\\x80");           // an overlong NUL
}

TEST(Printable, KeepsLinesOnlyWhereAsked) {
  EXPECT_EQ(printable("a\n\tb"), "a\\n\\tb");
  EXPECT_EQ(printable("a\n\tb", LineEnds::kept), "a\n\tb");
}

TEST(CutToColumns, CountsCharactersAndMarksTheCut) {
  EXPECT_EQ(cut_to_columns("äöü", 3), "äöü");
  EXPECT_EQ(cut_to_columns("äöüß", 3), "äö…");
  EXPECT_EQ(cut_to_columns("abc", 1), "…");
  EXPECT_EQ(cut_to_columns("abc", 0), "");
}

}  // namespace
}  // namespace tidegate
