#include "report/exit_code.h"

#include <gtest/gtest.h>

#include <vector>

namespace tidegate {
namespace {

TEST(ExitCodes, OfErrors) {
  const std::vector<std::pair<ErrorCode, int>> table = {
      {ErrorCode::usage, 2},           {ErrorCode::unreachable, 6},
      {ErrorCode::access_denied, 6},   {ErrorCode::no_database, 6},
      {ErrorCode::no_table, 1},        {ErrorCode::no_permission, 7},
      {ErrorCode::foreign_table, 7},   {ErrorCode::not_a_database, 7},
      {ErrorCode::read_only, 7},       {ErrorCode::disk_full, 1},
      {ErrorCode::lock_timeout, 4},    {ErrorCode::statement_failed, 1},
      {ErrorCode::connection_lost, 1}, {ErrorCode::outcome_unknown, 1},
      {ErrorCode::fenced, 1},          {ErrorCode::interrupted, 1},
      {ErrorCode::timed_out, 4},       {ErrorCode::blocked, 7},
      {ErrorCode::internal, 1}};
  for (const auto& [code, expected] : table) {
    EXPECT_EQ(static_cast<int>(exit_code_of(code)), expected) << to_string(code);
  }
}

TEST(ExitCodes, OfRuns) {
  EXPECT_EQ(exit_code_of(Outcome::done), ExitCode{0});
  EXPECT_EQ(exit_code_of(Outcome::nothing_to_do), ExitCode{0});
  EXPECT_EQ(exit_code_of(Outcome::busy), ExitCode{4});
  EXPECT_EQ(exit_code_of(Outcome::failed), ExitCode{5});
  EXPECT_EQ(exit_code_of(Outcome::blocked), ExitCode{7});
}

TEST(ExitCodes, OfVerdicts) {
  struct Row {
    Verdict verdict;
    int wait, patient_wait, status, checked_status;
  };
  const std::vector<Row> table = {
      {Verdict::unreachable, 4, 4, 6, 6}, {Verdict::no_database, 4, 4, 6, 6},
      {Verdict::no_history, 4, 4, 0, 3},  {Verdict::pending, 4, 4, 0, 3},
      {Verdict::running, 4, 4, 0, 3},     {Verdict::failed, 5, 4, 0, 3},
      {Verdict::stalled, 4, 4, 0, 3},     {Verdict::open, 0, 0, 0, 0},
      {Verdict::ahead, 0, 0, 0, 0},       {Verdict::too_old, 7, 7, 0, 7},
      {Verdict::blocked, 7, 7, 0, 7}};
  for (const Row& row : table) {
    const auto name = to_string(row.verdict);
    EXPECT_EQ(exit_code_of_wait(row.verdict, FailFast::yes), ExitCode{row.wait}) << name;
    EXPECT_EQ(exit_code_of_wait(row.verdict, FailFast::no), ExitCode{row.patient_wait}) << name;
    EXPECT_EQ(exit_code_of_status(row.verdict, Check::no), ExitCode{row.status}) << name;
    EXPECT_EQ(exit_code_of_status(row.verdict, Check::yes), ExitCode{row.checked_status}) << name;
  }
}

TEST(ExitCodes, OfSeveralDatabasesAreTheWorst) {
  using Codes = std::vector<ExitCode>;
  EXPECT_EQ(worst(Codes{}), ExitCode::done);
  EXPECT_EQ(worst(Codes{ExitCode::done, ExitCode::timed_out}), ExitCode::timed_out);
  EXPECT_EQ(worst(Codes{ExitCode::timed_out, ExitCode::migration}), ExitCode::migration);
  EXPECT_EQ(worst(Codes{ExitCode::blocked, ExitCode::migration}), ExitCode::blocked);
  EXPECT_EQ(worst(Codes{ExitCode::pending, ExitCode::unreachable}), ExitCode::unreachable);
  EXPECT_EQ(worst(Codes{ExitCode::blocked, ended_by_signal(15)}), ExitCode{143});
}

}  // namespace
}  // namespace tidegate
