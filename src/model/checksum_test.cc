#include "model/checksum.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace tidegate {
namespace {

TEST(Checksum, IsThatOfTheTextWithPlainLineEnds) {
  const std::string expected = sha256_hex("a\nb\n\nc");
  EXPECT_EQ(checksum_of("a\nb\n\nc"), expected);
  EXPECT_EQ(checksum_of("a\r\nb\r\n\r\nc"), expected);
  EXPECT_EQ(checksum_of("a\rb\r\rc"), expected);
  EXPECT_EQ(checksum_of("\xEF\xBB\xBF"
                        "a\r\nb\n\rc"),
            expected);
}

TEST(Checksum, SeesEveryOtherChange) {
  EXPECT_NE(checksum_of("a"), checksum_of("a\n"));
  EXPECT_NE(checksum_of("a"), checksum_of("a "));
  EXPECT_EQ(checksum_of(""), sha256_hex(""));
  EXPECT_EQ(checksum_of("\r"), sha256_hex("\n"));
}

}  // namespace
}  // namespace tidegate
