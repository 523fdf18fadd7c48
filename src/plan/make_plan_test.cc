#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_server.h"
#include "tidegate/plan.h"

namespace tidegate {
namespace {

using fake::set_of;
using testing::ElementsAre;
using testing::IsEmpty;

const MigrationSet& five() {
  static const MigrationSet set =
      set_of({{"1_a", "a<-x"}, {"2_b", "b<-x"}, {"3_c", "c<-x"}, {"4_d", "d<-x"}, {"5_e", "e<-x"}});
  return set;
}

History history_of(const std::vector<std::string>& versions) {
  fake::FakeServer server;
  server.make_tables();
  for (const std::string& version : versions) server.record(version);
  return server.history;
}

std::vector<std::string> versions_of(const Plan& plan) {
  std::vector<std::string> versions;
  for (const Step& step : plan.steps) versions.push_back(step.migration->version.text());
  return versions;
}

std::vector<std::string> rules_of(const std::vector<Finding>& findings) {
  std::vector<std::string> rules;
  for (const Finding& finding : findings) rules.push_back(finding.rule);
  return rules;
}

Policy up(Target target) { return {Direction::up, target, Order::any, PhaseFilter::all}; }
Policy down(Target target) { return {Direction::down, target, Order::any, PhaseFilter::all}; }
Target to(const char* version) { return {Target::Kind::to, Version(version), 0}; }
Target to_exclusive(const char* version) {
  return {Target::Kind::to_exclusive, Version(version), 0};
}
Target steps(std::uint32_t count) { return {Target::Kind::step, {}, count}; }

TEST(MakePlan, UpTakesWhatIsNotRecordedInOrderOfVersion) {
  EXPECT_THAT(versions_of(make_plan(five(), history_of({"1", "3"}), {})),
              ElementsAre("2", "4", "5"));
}

TEST(MakePlan, UpStopsAtItsTarget) {
  const History none = history_of({});
  EXPECT_THAT(versions_of(make_plan(five(), none, up(to("3")))), ElementsAre("1", "2", "3"));
  EXPECT_THAT(versions_of(make_plan(five(), none, up(to_exclusive("3")))), ElementsAre("1", "2"));
  EXPECT_THAT(versions_of(make_plan(five(), none, up(steps(2)))), ElementsAre("1", "2"));
  EXPECT_THAT(versions_of(make_plan(five(), none, up(steps(9)))),
              ElementsAre("1", "2", "3", "4", "5"));
}

TEST(MakePlan, DownRevertsFromTheNewest) {
  const History all = history_of({"1", "2", "3", "4", "5"});
  EXPECT_THAT(versions_of(make_plan(five(), all, down(steps(1)))), ElementsAre("5"));
  EXPECT_THAT(versions_of(make_plan(five(), all, down(to("4")))), ElementsAre("5", "4"));
  EXPECT_THAT(versions_of(make_plan(five(), all, down(to_exclusive("4")))), ElementsAre("5"));
  EXPECT_THAT(versions_of(make_plan(five(), all, down({}))), ElementsAre("5", "4", "3", "2", "1"));
  EXPECT_THAT(versions_of(make_plan(five(), history_of({"1", "2"}), down(to("2")))),
              ElementsAre("2"));
}

TEST(MakePlan, ATargetThatDoesNotExistIsAUsageError) {
  EXPECT_THROW(make_plan(five(), history_of({}), up(to("99"))), Error);
  EXPECT_THROW(make_plan(five(), history_of({}), down(to_exclusive("99"))), Error);
  EXPECT_NO_THROW(make_plan(five(), history_of({"99"}), down(to_exclusive("99"))));
}

TEST(MakePlan, AnOlderVersionIsAWarningUnlessOrderIsStrict) {
  const History history = history_of({"1", "3"});
  const Plan loose = make_plan(five(), history, {});
  EXPECT_THAT(rules_of(loose.warnings), ElementsAre("out_of_order"));

  Policy policy;
  policy.order = Order::strict;
  const Plan strict = make_plan(five(), history, policy);
  EXPECT_THAT(rules_of(strict.blocks), ElementsAre("out_of_order"));
  EXPECT_THAT(versions_of(strict), IsEmpty());
}

TEST(MakePlan, WhatIsHalfRevertedIsFinishedFirst) {
  History history = history_of({"1", "2"});
  JournalEntry entry;
  entry.version = Version("2");
  entry.statement = 1;
  entry.direction = Direction::down;
  for (const auto state : {JournalEntry::State::done, JournalEntry::State::started}) {
    entry.state = state;
    history.journal = {entry};
    EXPECT_THAT(rules_of(make_plan(five(), history, {}).blocks), ElementsAre("half_done"));
  }
  // Nothing of it is gone.
  entry.state = JournalEntry::State::failed;
  history.journal = {entry};
  EXPECT_THAT(versions_of(make_plan(five(), history, {})), ElementsAre("3", "4", "5"));
}

TEST(MakePlan, AnEditedOrRenamedFileBlocks) {
  fake::FakeServer server;
  server.record("1", "a", "another sum");
  server.record("2", "bee", "sum of b");
  const Plan plan = make_plan(five(), server.history, {});
  EXPECT_THAT(rules_of(plan.blocks), ElementsAre("edited", "other_name"));
  EXPECT_EQ(plan.blocks[0].message, "1_a was edited after it was applied");
  EXPECT_EQ(plan.blocks[1].message, "version 2 was applied as 2_bee, but its file is now 2_b");
}

TEST(MakePlan, ARecordWithoutAFileIsMissingBelowTheNewestAndAheadAbove) {
  const MigrationSet set = set_of({{"2_b", "b"}, {"4_d", "d"}});
  const Plan plan = make_plan(set, history_of({"1", "2", "9"}), {});
  ASSERT_EQ(plan.warnings.size(), 2U);
  EXPECT_EQ(plan.warnings[0].message, "1 is applied, but its file is missing");
  EXPECT_EQ(plan.warnings[1].rule, "out_of_order");
}

TEST(MakePlan, WhatCanNotBeRevertedBlocksTheWholeRollback) {
  const MigrationSet set = set_of({{"1_a", "a<-x"}, {"2_b", "b"}});
  EXPECT_THAT(rules_of(make_plan(set, history_of({"1", "2"}), down({})).blocks),
              ElementsAre("no_down"));
  EXPECT_THAT(rules_of(make_plan(set, history_of({"1", "3"}), down({})).blocks),
              ElementsAre("missing_file"));
}

TEST(MakePlan, AFloorAboveThisBuildBlocks) {
  fake::FakeServer server;
  server.record("9");
  server.history.records[0].floor = Version("6");
  EXPECT_THAT(rules_of(make_plan(five(), server.history, {}).blocks), ElementsAre("floor"));
  server.history.records[0].floor = Version("5");
  EXPECT_THAT(make_plan(five(), server.history, {}).blocks, IsEmpty());
}

TEST(MakePlan, APhaseTakesItsOwnMigrationsOnly) {
  MigrationSet set = five();
  set.migrations[1].up.directives.phase = Phase::contract;
  Policy policy;
  policy.phase = PhaseFilter::expand;
  EXPECT_THAT(versions_of(make_plan(set, history_of({}), policy)), ElementsAre("1", "3", "4", "5"));
  policy.phase = PhaseFilter::contract;
  EXPECT_THAT(versions_of(make_plan(set, history_of({}), policy)), ElementsAre("2"));
}

}  // namespace
}  // namespace tidegate
