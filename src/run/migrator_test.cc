#include "run/migrator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run/migrator_fixture.h"

namespace tidegate {
namespace {

using fake::set_of;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

class Story : public MigratorTest {
 protected:
  /// As one that may leave and come back: how long it leaves for.
  std::optional<milliseconds> visit(const MigrationSet& set, MigrateReport& report,
                                    const MigrateOptions& options = {}) {
    std::optional<milliseconds> pause;
    with_migrator([&](Migrator& migrator) { pause = migrator.migrate(set, options, report); },
                  &waiting);
    return pause;
  }

  MigrateReport rollback(const MigrationSet& set, std::uint32_t step_count = 1) {
    MigrateOptions options;
    options.policy.direction = Direction::down;
    options.policy.target = {Target::Kind::step, {}, step_count};
    return migrate(set, options);
  }

  /// What the journal keeps of one statement's end: `done`, or nothing.
  std::vector<JournalEntry::State> journal_states() const {
    std::vector<JournalEntry::State> states;
    for (const JournalEntry& entry : server.history.journal) states.push_back(entry.state);
    return states;
  }

  Waiting waiting;
};

TEST_F(Story, AppliesWhatIsPendingInOrderAndRecordsIt) {
  const auto set = set_of({{"1_users", "create users"}, {"2_pets", "create pets"}});

  EXPECT_EQ(migrate(set).outcome, Outcome::done);

  EXPECT_THAT(server.statements, ElementsAre("create users", "create pets"));
  EXPECT_THAT(recorded(), ElementsAre("1", "2"));
  EXPECT_EQ(server.history.last_run->state, RunState::done);
  EXPECT_EQ(server.lock_holder, "");
}

TEST_F(Story, NothingPendingTakesOneLookAndNoLock) {
  server.record("1", "users");

  EXPECT_EQ(migrate(set_of({{"1_users", ""}})).outcome, Outcome::nothing_to_do);

  EXPECT_EQ(server.look_count, 1U);
  EXPECT_EQ(server.try_count, 0U);
}

TEST_F(Story, AMigratorThatWaitedForTheLockLooksAgainBeforeItActs) {
  server.lock_holder = "another replica";
  clock.at(2s, [&] {
    server.record("1", "users");
    server.lock_holder.clear();
  });

  EXPECT_EQ(migrate(set_of({{"1_users", "create users"}})).outcome, Outcome::nothing_to_do);

  EXPECT_THAT(server.statements, IsEmpty());
  EXPECT_EQ(reporter.lines().front(), "busy another replica");
}

TEST_F(Story, S10_WhoWaitsAtAFullServerLeavesAndFindsTheWorkDoneWhenItComesBack) {
  const auto set = set_of({{"1_users", "create users"}});
  MigrateReport report;
  server.lock_holder = "another replica";
  server.crowd = Crowd{.connections = 17, .limit = 17, .waiters = 16};

  const auto pause = visit(set, report);
  ASSERT_TRUE(pause);
  EXPECT_GE(*pause, 4s);
  const std::size_t tries = server.try_count;
  EXPECT_TRUE(visit(set, report)) << "nobody is done yet";
  EXPECT_EQ(server.try_count, tries) << "a look is enough to see that the lock is taken";

  server.record("1", "users");
  server.lock_holder.clear();
  EXPECT_FALSE(visit(set, report));
  EXPECT_EQ(report.outcome, Outcome::nothing_to_do);
}

TEST_F(Story, S10_TheTimeToWaitGoesOnWhileItIsAway) {
  const auto set = set_of({{"1_users", "create users"}});
  MigrateReport report;
  MigrateOptions options;
  options.wait_limit = 10s;
  server.lock_holder = "another replica";
  server.crowd = Crowd{.connections = 17, .limit = 17, .waiters = 100};

  auto pause = visit(set, report, options);
  ASSERT_TRUE(pause);
  EXPECT_LE(*pause, 10s);
  clock.advance(clock.now() + 10s, nullptr);
  EXPECT_FALSE(visit(set, report, options));
  EXPECT_EQ(report.outcome, Outcome::busy);
}

TEST_F(Story, S10_WhoLeftHearsOfTheFailureThatItWaitedFor) {
  const auto set = set_of({{"1_users", "create users"}});
  MigrateReport report;
  server.lock_holder = "another replica";
  server.crowd = Crowd{.connections = 17, .limit = 17, .waiters = 2};
  ASSERT_TRUE(visit(set, report));

  server.run_is(RunState::failed, 7, "1", "no");
  server.lock_holder.clear();

  EXPECT_FALSE(visit(set, report));
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_THAT(report.error->message, HasSubstr("other:1"));
  EXPECT_THAT(server.statements, IsEmpty());
}

TEST_F(Story, WorkDoneBetweenTheLookAndTheLockIsSeenUnderTheLock) {
  server.before_lock = [&] { server.record("1", "users"); };

  EXPECT_EQ(migrate(set_of({{"1_users", "create users"}})).outcome, Outcome::nothing_to_do);

  EXPECT_THAT(server.statements, IsEmpty());
}

TEST_F(Story, ALockThatIsLostInTheMiddleEndsTheRunUnrecorded) {
  server.on_statement = [&](const std::string& text) {
    if (text == "one") server.lock_holder = "a thief";
  };
  const auto set = set_of({{"1_one", "one"}, {"2_two", "two"}});

  try {
    migrate(set);
    FAIL() << "it went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::fenced);
  }
  EXPECT_THAT(server.statements, ElementsAre("one"));
}

TEST_F(Story, AFailureKeepsWhatCameBeforeAndTellsWhatFailed) {
  const auto set = set_of({{"1_a", "a"}, {"2_b", "b FAIL"}, {"3_c", "c"}});

  const MigrateReport report = migrate(set);

  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(report.error->place.file, "2_b.sql");
  EXPECT_THAT(recorded(), ElementsAre("1"));
  EXPECT_EQ(server.history.last_run->state, RunState::failed);
  EXPECT_EQ(server.history.last_run->migration, "2");
  EXPECT_EQ(server.history.last_run->error, "2_b.sql:1:1: it failed");
  EXPECT_THAT(reporter.lines(), ElementsAre("done 1", "failed 2"));
}

TEST_F(Story, AReplicaThatWaitedForAFailingRunReportsThatFailure) {
  server.lock_holder = "other";
  server.run_is(RunState::running, 7);
  clock.at(1s, [&] {
    server.run_is(RunState::failed, 7, "1", "1_a.sql:1:1: no");
    server.lock_holder.clear();
    server.news.push_back("ended - 0 public");
  });

  const MigrateReport report = migrate(set_of({{"1_a", "a"}}));

  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_THAT(report.error->message, HasSubstr("1_a.sql:1:1: no"));
  EXPECT_THAT(server.statements, IsEmpty());
}

TEST_F(Story, AFailureFromBeforeIsTriedAnew) {
  server.run_is(RunState::failed, 7, "1", "it was the disk");

  EXPECT_EQ(migrate(set_of({{"1_a", "a"}})).outcome, Outcome::done);
  EXPECT_EQ(server.history.last_run->id, 8);
}

TEST_F(Story, TheDeadHoldersWorkIsTakenOver) {
  server.lock_holder = "other";
  server.run_is(RunState::running, 7);
  clock.at(1s, [&] { server.lock_holder.clear(); });

  EXPECT_EQ(migrate(set_of({{"1_a", "a"}})).outcome, Outcome::done);
  EXPECT_THAT(recorded(), ElementsAre("1"));
}

TEST_F(Story, WaitsNoLongerThanItIsTold) {
  server.lock_holder = "a slow one";
  MigrateOptions options;
  options.wait_limit = 3s;

  const MigrateReport report = migrate(set_of({{"1_a", "a"}}), options);

  EXPECT_EQ(report.outcome, Outcome::busy);
  EXPECT_THAT(report.error->message, HasSubstr("a slow one"));
}

TEST_F(Story, AStatementThatMeetsAnothersLockIsTriedFiveTimesAndNotMore) {
  const MigrateReport report = migrate(set_of({{"1_a", "a BUSY"}, {"2_b", "b"}}));

  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(report.error->code, ErrorCode::lock_timeout);
  EXPECT_EQ(server.statements.size(), 5U);
  EXPECT_EQ(reporter.count<StepRetried>(), 4);
}

TEST_F(Story, OneTransactionForAllKeepsNothingOfAFailure) {
  MigrateOptions options;
  options.single_transaction = true;

  const MigrateReport report = migrate(set_of({{"1_a", "a"}, {"2_b", "FAIL"}}), options);

  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_THAT(recorded(), IsEmpty());
  EXPECT_EQ(server.history.last_run->migration, "2");
}

TEST_F(Story, OutsideATransactionEachStatementIsJournaledAndTheJournalGoesWithTheRecord) {
  std::vector<std::size_t> journal_sizes;
  server.on_statement = [&](const std::string&) {
    journal_sizes.push_back(server.history.journal.size());
  };

  EXPECT_EQ(migrate(set_of({{"1_index", "!one ALONE;two;three ALONE"}})).outcome, Outcome::done);

  EXPECT_THAT(journal_sizes, ElementsAre(1, 1, 3));
  EXPECT_THAT(server.history.journal, IsEmpty());
  EXPECT_THAT(recorded(), ElementsAre("1"));
}

TEST_F(Story, OutsideATransactionAFailedStatementIsWhereTheNextRunGoesOn) {
  for (const std::string second : {"FAIL", "FAIL ALONE"}) {
    server = {};
    const auto broken = set_of({{"1_index", "!one;" + second + ";three"}});
    EXPECT_EQ(migrate(broken).outcome, Outcome::failed);
    server.statements.clear();

    EXPECT_EQ(migrate(set_of({{"1_index", "!one;two;three"}})).outcome, Outcome::done);

    EXPECT_THAT(server.statements, ElementsAre("two", "three"));
    EXPECT_THAT(recorded(), ElementsAre("1"));
  }
}

TEST_F(Story, OutsideATransactionADeathInAStatementWithItsRecordLeavesNoQuestion) {
  EXPECT_THROW(migrate(set_of({{"1_index", "!one;DIE"}})), Error);
  EXPECT_THAT(journal_states(), ElementsAre(JournalEntry::State::done));
  server.statements.clear();

  EXPECT_THROW(migrate(set_of({{"1_index", "!one;DIE"}})), Error);

  EXPECT_THAT(server.statements, ElementsAre("DIE"));
}

TEST_F(Story, OutsideATransactionADeathInALoneStatementStopsTheNextRunWithAQuestion) {
  const auto set = set_of({{"1_index", "!one;DIE ALONE;three"}});
  EXPECT_THROW(migrate(set), Error);
  server.statements.clear();

  const MigrateReport report = migrate(set);

  EXPECT_EQ(report.outcome, Outcome::blocked);
  EXPECT_THAT(report.findings.at(0).message, HasSubstr("1 of 3 statements are done"));
  EXPECT_THAT(report.findings.at(0).recipe, HasSubstr("tidegate resolve 1 --done"));
  EXPECT_THAT(server.statements, IsEmpty());
}

TEST_F(Story, S21_WhatRanAloneIsNotedThoughAStopCameMeanwhile) {
  const auto set = set_of({{"1_index", "!one ALONE;two ALONE"}});
  server.on_statement = [&](const std::string&) { stop.request_stop(); };
  EXPECT_THROW(migrate(set), Error);
  EXPECT_THAT(journal_states(),
              ElementsAre(JournalEntry::State::done, JournalEntry::State::failed));

  stop = {};
  server.on_statement = nullptr;
  EXPECT_EQ(migrate(set).outcome, Outcome::done);
  EXPECT_THAT(server.statements, ElementsAre("one ALONE", "two ALONE"));
}

TEST_F(Story, AStatementThatTheServerRefusesInATransactionRunsAlone) {
  EXPECT_EQ(migrate(set_of({{"1_index", "!one;NOT HERE"}})).outcome, Outcome::done);

  EXPECT_THAT(server.statements, ElementsAre("one", "NOT HERE", "NOT HERE"));
  EXPECT_THAT(recorded(), ElementsAre("1"));
}

TEST_F(Story, WhatTookEffectByTheCatalogIsKeptAndNotRunAgain) {
  const auto set = set_of({{"1_index", "!DIE ALONE ASK;two FAIL"}});
  EXPECT_THROW(migrate(set), Error);
  server.statements.clear();
  catalog.settle = [](const std::string& before) {
    EXPECT_EQ(before, "absent");
    return Settlement{Settlement::Outcome::took_effect, {}, "it is there"};
  };

  EXPECT_EQ(migrate(set).outcome, Outcome::failed);

  EXPECT_THAT(server.statements, ElementsAre("two FAIL"));
  EXPECT_THAT(journal_states(),
              ElementsAre(JournalEntry::State::done, JournalEntry::State::failed));
  EXPECT_THAT(reporter.lines(), testing::Contains("found interrupted"));
}

TEST_F(Story, WhatWasLeftHalfDoneIsRepairedAndRunAgain) {
  const auto set = set_of({{"1_index", "!ALONE ASK;two"}});
  server.on_statement = [](const std::string&) {
    throw Error(ErrorCode::connection_lost, "the server closed the connection");
  };
  EXPECT_THROW(migrate(set), Error);
  server.statements.clear();
  server.on_statement = nullptr;
  catalog.settle = [](const std::string&) {
    return Settlement{Settlement::Outcome::left_nothing, {"repair"}, "it is half there"};
  };

  EXPECT_EQ(migrate(set).outcome, Outcome::done);

  EXPECT_THAT(server.statements, ElementsAre("repair", "ALONE ASK", "two"));
}

TEST_F(Story, WhatARepairBringsToItsEndIsNotRunAgain) {
  const auto set = set_of({{"1_detach", "!DIE ALONE ASK;two"}});
  EXPECT_THROW(migrate(set), Error);
  server.statements.clear();
  catalog.settle = [](const std::string&) {
    return Settlement{Settlement::Outcome::took_effect, {"finalize"}, "it is half there"};
  };

  EXPECT_EQ(migrate(set).outcome, Outcome::done);

  EXPECT_THAT(server.statements, ElementsAre("finalize", "two"));
}

TEST_F(Story, AnothersWorkOnTheSameThingIsWaitedForAndNotForEver) {
  const auto set = set_of({{"1_index", "!DIE ALONE ASK"}});
  EXPECT_THROW(migrate(set), Error);
  server.statements.clear();
  catalog.settle = [](const std::string&) {
    return Settlement{Settlement::Outcome::busy, {"repair"}, "backend 7 is at work on it"};
  };

  const MigrateReport report = migrate(set);

  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(report.error->message, "backend 7 is at work on it");
  EXPECT_THAT(server.statements, IsEmpty());
  EXPECT_GT(clock.now(), TimePoint() + 20s);
}

TEST_F(Story, WhatTheCatalogCanNotTellStaysAQuestion) {
  const auto set = set_of({{"1_index", "!DIE ALONE ASK"}});
  EXPECT_THROW(migrate(set), Error);
  server.statements.clear();
  catalog.settle = [](const std::string&) {
    return Settlement{Settlement::Outcome::unknown, {}, "there are two"};
  };

  EXPECT_EQ(migrate(set).outcome, Outcome::blocked);

  EXPECT_THAT(server.statements, IsEmpty());
  EXPECT_THAT(journal_states(), ElementsAre(JournalEntry::State::started));
}

TEST_F(Story, ASessionThatAFormerHolderLeftAtWorkIsEndedFirst) {
  const auto set = set_of({{"1_index", "!DIE ALONE ASK;two"}});
  EXPECT_THROW(migrate(set), Error);
  server.statements.clear();
  catalog.settle = [](const std::string&) {
    return Settlement{Settlement::Outcome::took_effect, {}, "it is there"};
  };
  catalog.at_work = [&](const std::string& holder) {
    EXPECT_EQ(holder, "us:1");
    return server.ended_sessions.empty() ? std::vector<std::string>{"17"}
                                         : std::vector<std::string>();
  };

  EXPECT_EQ(migrate(set).outcome, Outcome::done);
  EXPECT_THAT(server.ended_sessions, ElementsAre("17"));
}

TEST_F(Story, ASessionThatCanNotBeEndedStopsTheRun) {
  const auto set = set_of({{"1_index", "!DIE ALONE ASK"}});
  EXPECT_THROW(migrate(set), Error);
  server.statements.clear();
  catalog.at_work = [](const std::string&) { return std::vector<std::string>{"17"}; };

  try {
    migrate(set);
    FAIL() << "it went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::blocked);
    EXPECT_THAT(error.message, HasSubstr("session 17 of us:1"));
  }
  EXPECT_THAT(server.statements, IsEmpty());
}

TEST_F(Story, OutsideATransactionAStatementThatRanMayNotBeEdited) {
  EXPECT_EQ(migrate(set_of({{"1_index", "!one;FAIL"}})).outcome, Outcome::failed);

  const MigrateReport report = migrate(set_of({{"1_index", "!uno;two"}}));

  EXPECT_EQ(report.outcome, Outcome::blocked);
  EXPECT_EQ(report.findings.at(0).rule, "edited_in_progress");
}

TEST_F(Story, AnInterruptedStatementThatWasEditedIsNotSettled) {
  EXPECT_THROW(migrate(set_of({{"1_index", "!DIE ALONE ASK"}})), Error);
  catalog.settle = [](const std::string&) {
    ADD_FAILURE() << "the catalog was asked about another statement";
    return Settlement();
  };

  const MigrateReport report = migrate(set_of({{"1_index", "!other ALONE ASK"}}));

  EXPECT_EQ(report.outcome, Outcome::blocked);
  EXPECT_THAT(report.findings.at(0).message, HasSubstr("its text was edited since"));
}

TEST_F(Story, ARollbackRunsTheDownAndForgetsTheRecord) {
  const auto set = set_of({{"1_a", "a<-drop a"}, {"2_b", "b<-drop b"}});
  migrate(set);
  server.statements.clear();

  EXPECT_EQ(rollback(set).outcome, Outcome::done);

  EXPECT_THAT(server.statements, ElementsAre("drop b"));
  EXPECT_THAT(recorded(), ElementsAre("1"));
}

TEST_F(Story, TheTablesAreMadeOnceUnderTheLock) {
  const auto set = set_of({{"1_a", "a<-drop a"}});
  migrate(set);
  rollback(set);

  EXPECT_EQ(server.table_makings, 1U);
}

TEST_F(Story, ABlockedPlanTakesNoLock) {
  server.record("1", "a", "another sum");

  const MigrateReport report = migrate(set_of({{"1_a", "a"}, {"2_b", "b"}}));

  EXPECT_EQ(report.outcome, Outcome::blocked);
  EXPECT_EQ(server.try_count, 0U);
}

}  // namespace
}  // namespace tidegate
