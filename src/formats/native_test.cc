#include <gtest/gtest.h>

#include <array>

#include "formats/native_properties.h"
#include "support/mutation.h"

namespace tidegate {
namespace {

constexpr std::array<std::string_view, 12> kNamePieces = {
    "1",    "0", "20261122", "9223372036854775807", "_", "a", ".down", ".up", ".sql",
    ".SQL", "-", "é"};

constexpr std::array<std::string_view, 24> kContentPieces = {"-- ",
                                                             "--",
                                                             "tidegate:",
                                                             " tidegate: ",
                                                             "-- tidegate: ",
                                                             "tidegat",
                                                             "no-transaction",
                                                             "phase ",
                                                             "expand",
                                                             "contract",
                                                             "floor ",
                                                             "1",
                                                             "lock-timeout ",
                                                             "5s",
                                                             "ms",
                                                             "\n",
                                                             "\r\n",
                                                             "\r",
                                                             "/*",
                                                             "*/",
                                                             "SELECT 1;",
                                                             "\xEF\xBB\xBF",
                                                             "é",
                                                             " "};

TEST(Native, KeepsItsPropertiesOnSpoiltFiles) {
  constexpr unsigned kSeed = 7;
  Mutator names(kSeed, kNamePieces);
  Mutator contents(kSeed, kContentPieces);
  for (int round = 0; round < 20'000; ++round) {
    const std::string name = names.next();
    const std::string content = contents.next();
    const auto broken = broken_native_property(name, content);
    ASSERT_EQ(broken, std::nullopt)
        << "seed " << kSeed << ", round " << round << ": " << name << "\n"
        << content;
  }
}

}  // namespace
}  // namespace tidegate
