#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>

#include "cases.h"

namespace tidegate::testing {

void PrintTo(const SplitterCase& split_case, std::ostream* out) { *out << split_case.name; }

namespace {

class SplitterCases : public ::testing::TestWithParam<SplitterCase> {};

// TIDEGATE_ACCEPT_GOLDENS=1 writes what came out as the new golden; read the difference before it
// is committed.
TEST_P(SplitterCases, AreCutAsTheirGoldenSays) {
  const SplitterCase& split_case = GetParam();
  const Dialect* dialect = find_dialect(split_case.engine);
  ASSERT_NE(dialect, nullptr) << split_case.engine;
  const std::string out = shown(split_sql(split_case.sql, *dialect, "case.sql"), split_case.sql);
  if (std::getenv("TIDEGATE_ACCEPT_GOLDENS") != nullptr) {
    std::ofstream(golden_path(split_case), std::ios::binary) << out;
    return;
  }
  EXPECT_EQ(out, split_case.golden);
}

std::string test_name(const ::testing::TestParamInfo<SplitterCase>& info) {
  std::string name = info.param.name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Splitter, SplitterCases, ::testing::ValuesIn(all_cases()), test_name);

TEST(SplitterCasesFolder, HasCasesOfEachEngine) {
  const auto cases = all_cases();
  for (const char* engine : {"mysql", "postgres", "sqlite"}) {
    EXPECT_TRUE(std::any_of(cases.begin(), cases.end(), [&](const SplitterCase& one) {
      return one.engine == engine;
    })) << engine;
  }
}

}  // namespace
}  // namespace tidegate::testing
