#include "gate/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_server.h"

namespace tidegate {
namespace {

using fake::set_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

/// One gate in front of one server, in memory.
class GateStory : public testing::Test {
 protected:
  GateState wait(const MigrationSet& needed, WaitOptions options = {}) {
    const fake::FakeHistoryReader history(server);
    const auto connect = [&](TimePoint) -> std::unique_ptr<Reader> {
      ++connect_count;
      if (refusal) throw *refusal;
      return std::make_unique<fake::FakeSession>(server, clock);
    };
    const auto make_view = [&](const Server&) {
      return std::make_unique<fake::FakeLock>(server, "nobody");
    };
    return Gate({connect, history, make_view, reporter, clock, {}, "db"}).wait(needed, options);
  }

  GateState judged(const MigrationSet& needed, Needs needs = {}) {
    Look look;
    look.history = server.history;
    if (!server.lock_holder.empty()) look.holder = Holder{server.lock_holder, "", "1/2"};
    return judge(needed, look, needs);
  }

  const MigrationSet set = set_of({{"1_a", "a"}, {"2_b", "b"}});
  std::optional<Error> refusal;
  int connect_count = 0;
  fake::FakeServer server;
  fake::FakeClock clock;
  fake::FakeReporter reporter;
};

TEST_F(GateStory, S38_AtAFullServerItComesAnewForEachLook) {
  server.crowd = Crowd{.connections = 17, .limit = 17, .waiters = 10};
  clock.at(60s, [&] {
    server.record("1");
    server.record("2");
  });
  WaitOptions options;
  options.timeout = 5min;
  EXPECT_EQ(wait(set, options).verdict, Verdict::open);
  EXPECT_GE(connect_count, 60 / 5);
  EXPECT_LE(server.look_count, 2U + 60 / 2) << "with pauses that the crowd makes long";
}

TEST_F(GateStory, OpensAtOnceWhenAllIsThere) {
  server.record("1");
  server.record("2");
  EXPECT_EQ(wait(set).verdict, Verdict::open);
  EXPECT_EQ(server.look_count, 1U);
  EXPECT_THAT(server.statements, IsEmpty());
}

TEST_F(GateStory, S36_ADatabaseAheadOfTheBuildIsOpenAndSaysSo) {
  for (const char* version : {"1", "2", "3"}) server.record(version);
  const GateState state = wait(set);
  EXPECT_EQ(state.verdict, Verdict::ahead);
  EXPECT_THAT(state.reason, HasSubstr("1 more"));
}

TEST_F(GateStory, OpensWhenTheLastOneIsAnnounced) {
  server.record("1");
  server.lock_holder = "other";
  clock.at(90s, [&] {
    server.record("2");
    server.news.push_back("applied 2 0 public");
  });
  EXPECT_EQ(wait(set).verdict, Verdict::open);
  EXPECT_EQ(clock.now(), TimePoint() + 90s);
}

TEST_F(GateStory, NewsOfOthersDoNotMakeItLook) {
  server.lock_holder = "other";
  for (int i = 1; i < 400; ++i) {
    clock.at(i * 10ms, [&] { server.news.push_back("applied 1 50 public"); });
  }
  WaitOptions options;
  options.timeout = 4s;
  EXPECT_EQ(wait(set, options).verdict, Verdict::running);
  EXPECT_LT(server.look_count, 20U);
}

TEST_F(GateStory, ItsTimeoutIsKeptAndTheLastStateNamed) {
  WaitOptions options;
  options.timeout = 10s;
  const GateState state = wait(set, options);
  EXPECT_EQ(state.verdict, Verdict::no_history);
  EXPECT_EQ(clock.now(), TimePoint() + 10s);
}

TEST_F(GateStory, ARecordedFailureEndsItAtOnceUnlessToldNotTo) {
  server.run_is(RunState::failed, 1, "2", "2_b.sql:1:1: no");
  EXPECT_EQ(wait(set).verdict, Verdict::failed);
  EXPECT_EQ(clock.now(), TimePoint());

  WaitOptions patient;
  patient.fail_fast = false;
  clock.at(5s, [&] {
    server.record("1");
    server.record("2");
  });
  EXPECT_EQ(wait(set, patient).verdict, Verdict::open);
}

TEST_F(GateStory, AServerThatComesBackIsLookedAtAgain) {
  refusal = Error(ErrorCode::unreachable, "connection refused");
  clock.at(3s, [&] { refusal = Error(ErrorCode::no_database, "no database app"); });
  clock.at(6s, [&] { refusal.reset(); });
  clock.at(9s, [&] {
    server.record("1");
    server.record("2");
  });
  EXPECT_EQ(wait(set).verdict, Verdict::open);
  std::vector<std::string> told = reporter.lines();
  told.erase(std::unique(told.begin(), told.end()), told.end());
  EXPECT_THAT(
      told, ElementsAre("shut unreachable", "shut no_database", "shut no_history", "opened open"));
}

TEST_F(GateStory, KeepsOneConnectionWhileItWaits) {
  WaitOptions options;
  options.timeout = 60s;
  wait(set, options);
  EXPECT_EQ(connect_count, 1);
}

TEST_F(GateStory, EachStateHasItsVerdict) {
  EXPECT_EQ(judged(set).verdict, Verdict::no_history);
  server.make_tables();
  EXPECT_EQ(judged(set).verdict, Verdict::pending);
  server.run_is(RunState::running, 1);
  EXPECT_EQ(judged(set).verdict, Verdict::stalled);
  EXPECT_THAT(judged(set).reason, HasSubstr("other:1"));
  server.lock_holder = "other:2";
  EXPECT_EQ(judged(set).verdict, Verdict::running);
  EXPECT_THAT(judged(set).reason, HasSubstr("other:2 is migrating (1/2)"));
}

TEST_F(GateStory, AFailureOfAFileThatWasMendedIsNoReasonToStop) {
  server.run_is(RunState::failed, 1, "2", "no");
  server.history.last_run->checksum = "sum of what failed";
  EXPECT_EQ(judged(set).verdict, Verdict::pending);
  server.history.last_run->checksum = "sum of b";
  EXPECT_EQ(judged(set).verdict, Verdict::failed);
}

TEST_F(GateStory, AFloorAboveTheBuildIsTooOld) {
  for (const char* version : {"1", "2", "3"}) server.record(version);
  server.history.records[2].floor = Version("3");
  EXPECT_EQ(judged(set).verdict, Verdict::too_old);
  EXPECT_EQ(wait(set).verdict, Verdict::too_old);
}

TEST_F(GateStory, AnEditedFileBlocks) {
  server.record("1", "a", "another sum");
  server.record("2");
  EXPECT_EQ(judged(set).verdict, Verdict::blocked);
}

TEST_F(GateStory, AContractMigrationIsNotNeededUnlessItIsNamed) {
  MigrationSet with_contract = set;
  with_contract.migrations[1].up.directives.phase = Phase::contract;
  server.record("1");
  EXPECT_EQ(judged(with_contract).verdict, Verdict::open);
  EXPECT_EQ(judged(with_contract, {Version("2")}).verdict, Verdict::pending);
}

TEST_F(GateStory, OnlyWhatIsAtOrBelowTheNamedVersionIsNeeded) {
  server.record("1");
  EXPECT_EQ(judged(set, {Version("1")}).verdict, Verdict::open);
}

/// The second of three statements of migration 2 was begun.
JournalEntry begun(const std::string& before) {
  JournalEntry entry;
  entry.version = Version("2");
  entry.statement = 2;
  entry.before = before;
  return entry;
}

TEST_F(GateStory, AnInterruptedStatementThatNobodyCanTellOfNeedsAPerson) {
  server.record("1");
  server.run_is(RunState::running, 1, "2");
  server.history.journal.push_back(begun(""));
  const GateState state = wait(set);
  EXPECT_EQ(state.verdict, Verdict::blocked);
  EXPECT_EQ(clock.now(), TimePoint());
  EXPECT_THAT(state.reason, HasSubstr("2_b was interrupted"));
  EXPECT_THAT(state.recipe, HasSubstr("tidegate resolve 2 --done"));
}

TEST_F(GateStory, WhatIsHalfRevertedIsNotThere) {
  server.record("1");
  server.record("2");
  JournalEntry entry = begun("");
  entry.direction = Direction::down;
  entry.state = JournalEntry::State::done;
  server.history.journal.push_back(entry);
  const GateState state = wait(set);
  EXPECT_EQ(state.verdict, Verdict::blocked);
  EXPECT_THAT(state.reason, HasSubstr("2_b is half reverted"));
  EXPECT_THAT(state.recipe, HasSubstr("tidegate rollback"));
  EXPECT_THAT(state.missing, ElementsAre(Version("2")));

  server.lock_holder = "other";
  EXPECT_EQ(judged(set).verdict, Verdict::running);
}

TEST_F(GateStory, OneThatTheCatalogCanTellOfIsTheNextRunsBusiness) {
  MigrationSet unsplit = set;
  for (Migration& migration : unsplit.migrations) migration.up.statements.clear();
  server.record("1");
  server.run_is(RunState::running, 1, "2");
  server.history.journal.push_back(begun("indexes"));
  EXPECT_EQ(judged(unsplit).verdict, Verdict::stalled);
  EXPECT_THAT(judged(unsplit).reason, HasSubstr("2_b was interrupted: 1 statement is done"));
  clock.at(5s, [&] { server.record("2"); });
  EXPECT_EQ(wait(unsplit).verdict, Verdict::open);
}

TEST_F(GateStory, AMigratorThatBeganBehindTheLookAtTheLockIsSeenByTheSecondLook) {
  server.record("1");
  server.history.journal.push_back(begun(""));
  server.on_look = [&] {
    if (server.look_count == 3) server.lock_holder = "other";
  };
  clock.at(5s, [&] {
    server.record("2");
    server.history.journal.clear();
  });
  EXPECT_EQ(wait(set).verdict, Verdict::open);
  EXPECT_THAT(reporter.lines().front(), "shut running");
}

}  // namespace
}  // namespace tidegate
