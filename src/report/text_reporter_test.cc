#include "report/text_reporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/kept_output.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class StoppedClock : public Clock {
 public:
  TimePoint now() const override { return now_; }
  void sleep_until(TimePoint, std::stop_token) const override {}
  void pass(std::chrono::milliseconds time) { now_ += time; }

 private:
  TimePoint now_{1h};
};

class TextReporterTest : public testing::Test {
 protected:
  TextReporter& reporter() {
    if (!reporter_) reporter_.emplace(settings, out, err, clock);
    return *reporter_;
  }
  void report(decltype(Event::what) what, std::string_view target = {}) {
    reporter().report({target, std::move(what)});
  }
  void step_started(std::size_t index, std::size_t count) {
    report(StepStarted{index, count, Version("7"), "pets", Direction::up, 5});
  }

  ReporterSettings settings;
  KeptOutput out;
  KeptOutput err;
  StoppedClock clock;
  std::optional<TextReporter> reporter_;
};

GateState state(Verdict verdict, std::string reason) {
  GateState state;
  state.verdict = verdict;
  state.reason = std::move(reason);
  return state;
}

TEST_F(TextReporterTest, TellsWhatWasApplied) {
  report(RunStarted{2, Direction::up});
  report(StepDone{0, 2, Version("1"), "users", Direction::up, 12ms});
  report(StepDone{1, 2, Version("2"), "pets", Direction::up, 1us});
  report(RunDone{2, 40ms, Direction::up});
  EXPECT_EQ(out.text,
            "applied 1 users  (12 ms)\napplied 2 pets  (<1 ms)\napplied 2 migrations in 40 ms\n");
  EXPECT_THAT(err.text, IsEmpty());
}

TEST_F(TextReporterTest, TellsWhatWasReverted) {
  report(StepDone{0, 1, Version("1"), "users", Direction::down, 3ms});
  report(RunDone{1, 3ms, Direction::down});
  EXPECT_EQ(out.text, "reverted 1 users  (3 ms)\n");
}

TEST_F(TextReporterTest, TellsThatNothingWasToDo) {
  report(NothingToDo{1, 0ms, Direction::up});
  report(NothingToDo{3, 2500ms, Direction::up});
  report(NothingToDo{0, 0ms, Direction::down});
  EXPECT_EQ(out.text,
            "nothing to do: 1 migration recorded\n"
            "nothing to do: 3 migrations recorded (waited 2.5 s)\n"
            "nothing to revert\n");
}

TEST_F(TextReporterTest, TellsAWaitOnlyWhenItChanges) {
  for (int i = 0; i < 100; ++i) {
    report(GateShut{state(Verdict::pending, "2 of 3 missing"), i * 10ms});
  }
  report(GateShut{state(Verdict::unreachable, "refused"), 1s});
  report(GateOpened{state(Verdict::open, "all 3 are applied"), 2s});
  EXPECT_EQ(err.text, "waiting: pending: 2 of 3 missing\nwaiting: unreachable: refused\n");
  EXPECT_EQ(out.text, "open: all 3 are applied (waited 2.0 s)\n");
}

TEST_F(TextReporterTest, LeavesTheLastWordOnAWaitToItsEnd) {
  report(GateShut{state(Verdict::pending, "2 of 3 missing"), 1ms});
  report(GateShut{state(Verdict::failed, "2 pets failed"), 2ms, true});
  report(Ended{Error(ErrorCode::statement_failed, "failed: 2 pets failed")});
  EXPECT_EQ(err.text, "waiting: pending: 2 of 3 missing\nerror: failed: 2 pets failed\n");
}

TEST_F(TextReporterTest, TellsAHoldersProgressOnceASecond) {
  for (int i = 1; i <= 30; ++i) {
    const Holder holder{"orders-1 pid 12", "", std::to_string(i) + "/30"};
    report(LockBusy{holder, i * 100ms});
  }
  EXPECT_EQ(err.text,
            "waiting: orders-1 pid 12 is migrating (1/30)\n"
            "waiting: orders-1 pid 12 is migrating (11/30)\n"
            "waiting: orders-1 pid 12 is migrating (21/30)\n");
}

TEST_F(TextReporterTest, TellsOfAnotherHolderAtOnce) {
  report(LockBusy{{"a", "", ""}, 10ms});
  report(LockBusy{{"b", "", ""}, 20ms});
  EXPECT_EQ(err.text, "waiting: a is migrating\nwaiting: b is migrating\n");
}

TEST_F(TextReporterTest, PointsIntoAFailingStatement) {
  report(StatementStarted{0, 0, 1, {"2_pets.sql", 4, 1}, "SELECT 1,\n  oops"});
  Error error(ErrorCode::statement_failed, "no such column: oops");
  error.place = {"2_pets.sql", 5, 3};
  error.statement = "SELECT 1,\n  oops";
  report(StepFailed{Version("2"), "pets", Direction::up, error});
  EXPECT_EQ(err.text, "2_pets.sql:5:3: no such column: oops\n    SELECT 1,\n      oops\n      ^\n");
}

TEST_F(TextReporterTest, NamesTheDatabaseWhereThereAreSeveral) {
  settings.text.target_names = TargetNames::shown;
  report(StepDone{0, 1, Version("1"), "users", Direction::up, 12ms}, "one.db");
  EXPECT_EQ(out.text, "one.db: applied 1 users  (12 ms)\n");
}

TEST_F(TextReporterTest, TellsManySchemasInOneLineAtTheEnd) {
  report(TargetsProgress{999, 1000, 260, 11s}, "");
  EXPECT_EQ(out.text, "");
  report(TargetsProgress{1000, 1000, 260, 12s}, "");
  EXPECT_EQ(out.text,
            "1000 schemas are ready: 260 changed by this replica, 740 by others or before, in 12.0 "
            "s\n");
  out.text.clear();
  report(TargetsProgress{1000, 1000, {}, 12s}, "");
  EXPECT_EQ(out.text, "1000 schemas are ready in 12.0 s\n");
}

TEST_F(TextReporterTest, SaysOnlyErrorsWhenQuiet) {
  settings.loudness = Loudness::quiet;
  settings.live = ReporterSettings::Live::yes;
  report(LockBusy{{"a", "", ""}, 10ms});
  step_started(0, 1);
  report(StepDone{0, 1, Version("1"), "users", Direction::up, 12ms});
  report(ServerNotice{"NOTICE", "hello"});
  report(Found{{Severity::warning, "old", {}, "old", ""}});
  EXPECT_THAT(out.text + err.text, IsEmpty());
  report(Ended{Error(ErrorCode::timed_out, "too late")});
  EXPECT_EQ(err.text, "error: too late\n");
}

TEST_F(TextReporterTest, LogsStatementsOnlyWhenAsked) {
  report(StatementStarted{0, 0, 1, {"a.sql", 2, 1}, "SELECT 1"});
  EXPECT_THAT(out.text + err.text, IsEmpty());
  settings.text.sql_log = SqlLog::on;
  TextReporter logging(settings, out, err, clock);
  logging.report({{}, StatementStarted{0, 0, 1, {"a.sql", 2, 1}, "SELECT 1"}});
  EXPECT_EQ(err.text, "a.sql:2:1: SELECT 1\n");
}

TEST_F(TextReporterTest, DrawsOneLineOnATerminalAndTakesItAway) {
  settings.live = ReporterSettings::Live::yes;
  step_started(2, 10);
  EXPECT_THAT(err.text, HasSubstr("[3/10] 7 pets"));
  report(StatementStarted{2, 1, 5, {"7_pets.sql", 1, 1}, "SELECT 1"});
  clock.pass(1200ms);
  reporter().tick();
  EXPECT_THAT(err.text, HasSubstr("\r\x1b[K[3/10] 7 pets  statement 2/5  1.2 s"));
  report(StepDone{2, 10, Version("7"), "pets", Direction::up, 1300ms});
  EXPECT_TRUE(err.text.ends_with("\r\x1b[K")) << err.text;
  EXPECT_EQ(out.text, "applied 7 pets  (1.3 s)\n");
  EXPECT_THAT(err.text, Not(HasSubstr("\n")));
}

TEST_F(TextReporterTest, ShowsOnATerminalWhomItWaitsFor) {
  settings.live = ReporterSettings::Live::yes;
  report(LockBusy{{"orders-1 pid 12", "", "3/10 7 pets"}, 4100ms});
  EXPECT_THAT(err.text, HasSubstr("waiting: orders-1 pid 12 is migrating (3/10 7 pets)  4.1 s"));
  EXPECT_THAT(err.text, Not(HasSubstr("\n")));
}

TEST_F(TextReporterTest, DrawsNothingAnyMoreOnceCleared) {
  settings.live = ReporterSettings::Live::yes;
  step_started(0, 1);
  reporter().clear();
  const std::string before = err.text;
  clock.pass(5s);
  reporter().tick();
  EXPECT_EQ(err.text, before);
}

TEST_F(TextReporterTest, TellsALogOfAMigrationThatTakesLong) {
  step_started(0, 1);
  clock.pass(9s);
  reporter().tick();
  EXPECT_THAT(err.text, IsEmpty());
  clock.pass(1s);
  reporter().tick();
  reporter().tick();
  EXPECT_EQ(err.text, "still at [1/1] 7 pets  10.0 s\n");
  clock.pass(10s);
  reporter().tick();
  EXPECT_EQ(err.text, "still at [1/1] 7 pets  10.0 s\nstill at [1/1] 7 pets  20.0 s\n");
}

TEST_F(TextReporterTest, PaintsOnlyTheStreamThatIsATerminal) {
  settings.text.color = Color::on;
  report(StepDone{0, 1, Version("1"), "users", Direction::up, 12ms});
  report(Ended{Error(ErrorCode::timed_out, "too late")});
  EXPECT_EQ(out.text, "applied 1 users  (12 ms)\n");
  EXPECT_EQ(err.text, "\x1b[1;31merror: \x1b[0mtoo late\n");
}

}  // namespace
}  // namespace tidegate
