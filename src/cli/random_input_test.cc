#include <gtest/gtest.h>

#include <random>

#include "cli/config_trial.h"

namespace tidegate::cli {
namespace {

// The same on every run; the fuzzer looks for more.
constexpr std::uint32_t kSeed = 20261122;

template <typename Piece, std::size_t kCount>
const Piece& any_of(const Piece (&pieces)[kCount], std::minstd_rand& random) {
  return pieces[random() % kCount];
}

TEST(RandomInput, AsAConfigFileIsUnderstoodOrRefused) {
  constexpr std::string_view kPieces[] = {"database",
                                          "dir",
                                          "timeout",
                                          " = ",
                                          "\"",
                                          "'",
                                          "\"5s\"",
                                          "[",
                                          "]",
                                          "[[",
                                          "]]",
                                          "\n",
                                          "#",
                                          "true",
                                          "5",
                                          "1979-05-27",
                                          "\"\"\"",
                                          "{",
                                          "}",
                                          ",",
                                          ".",
                                          "\\u0000",
                                          "\xff",
                                          "=",
                                          "\xef\xbb\xbf",
                                          "strict-order",
                                          "postgres://app:tiger@h/d",
                                          "\t",
                                          "nan",
                                          "inf",
                                          "0x",
                                          "\"\\",
                                          "__proto__"};
  std::minstd_rand random(kSeed);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const std::size_t length = random() % 12;
    for (std::size_t i = 0; i < length; ++i) text += any_of(kPieces, random);
    ASSERT_TRUE(config_holds_up(text)) << text;
  }
}

TEST(RandomInput, AsACommandLineIsUnderstoodOrRefused) {
  const std::string kPieces[] = {"migrate",
                                 "wait",
                                 "new",
                                 "help",
                                 "-d",
                                 "--database",
                                 "--database=postgres://a:tiger@h/d",
                                 "postgres://a:tiger@h/d",
                                 "--",
                                 "--to",
                                 "5",
                                 "-n",
                                 "--step=0",
                                 "-q",
                                 "-",
                                 "---",
                                 "--=",
                                 "-=",
                                 "",
                                 "--timeout",
                                 "5s",
                                 "++",
                                 "--no-such",
                                 "-dq",
                                 "-qd",
                                 "--quiet=false",
                                 "--quiet=x",
                                 "{}",
                                 "--dir=",
                                 "--to=",
                                 "-h",
                                 "--all",
                                 "--phase",
                                 "all",
                                 "\xff",
                                 "[a]",
                                 "-nnn",
                                 "--strict-order"};
  std::minstd_rand random(kSeed);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<std::string> words;
    const std::size_t length = random() % 6;
    for (std::size_t i = 0; i < length; ++i) words.push_back(any_of(kPieces, random));
    ASSERT_TRUE(command_line_holds_up(words)) << testing::PrintToString(words);
  }
}

}  // namespace
}  // namespace tidegate::cli
