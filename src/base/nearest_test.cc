#include "base/nearest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace tidegate {
namespace {

constexpr std::array<std::string_view, 3> kKnown = {"no-transaction", "phase", "floor"};

TEST(Nearest, FindsWhatWasMeant) {
  EXPECT_EQ(nearest("no-transction", kKnown), "no-transaction");
  EXPECT_EQ(nearest("No-Transaction", kKnown), "no-transaction");
  EXPECT_EQ(nearest("notransaction", kKnown), "no-transaction");
  EXPECT_EQ(nearest("pahse", kKnown), "phase");
  EXPECT_EQ(nearest("flor", kKnown), "floor");
}

TEST(Nearest, GuessesNothingFarAway) {
  EXPECT_EQ(nearest("", kKnown), "");
  EXPECT_EQ(nearest("timeout", kKnown), "");
  EXPECT_EQ(nearest(std::string(10'000, 'x'), kKnown), "");
}

TEST(Nearest, CountsASwapOnce) {
  EXPECT_EQ(edit_distance("ab", "ba"), 1U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

}  // namespace
}  // namespace tidegate
