#include "run/migrator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_server.h"

namespace tidegate {
namespace {

using fake::FakeServer;
using fake::set_of;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

/// One replica and one server, in memory.
class Story : public testing::Test {
 protected:
  MigrateReport migrate(const MigrationSet& set, MigrateOptions options = {}) {
    MigrateReport report;
    with_migrator([&](Migrator& migrator) { migrator.migrate(set, options, report); });
    return report;
  }

  MigrateReport rollback(const MigrationSet& set, std::uint32_t step_count = 1) {
    MigrateOptions options;
    options.policy.direction = Direction::down;
    options.policy.target = {Target::Kind::step, {}, step_count};
    return migrate(set, options);
  }

  template <typename Use>
  void with_migrator(const Use& use) {
    fake::FakeSession session(server, clock);
    const auto make_lock = [&](const Server&) {
      return std::make_unique<fake::FakeLock>(server, "us");
    };
    const fake::FakeHistoryReader reader(server);
    const auto make_writer = [](const std::string&) {
      return std::make_unique<fake::FakeHistoryWriter>();
    };
    Migrator migrator(
        {session, make_lock, make_lock, reader, make_writer, reporter, clock, {}, "db", "us:1"});
    use(migrator);
  }

  std::vector<std::string> recorded() const {
    std::vector<std::string> versions;
    for (const Record& record : server.history.records) versions.push_back(record.version.text());
    return versions;
  }

  FakeServer server;
  fake::FakeClock clock;
  fake::FakeReporter reporter;
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

  EXPECT_EQ(migrate(set_of({{"1_index", "!one;two"}})).outcome, Outcome::done);

  EXPECT_THAT(journal_sizes, ElementsAre(1, 2));
  EXPECT_THAT(server.history.journal, IsEmpty());
  EXPECT_THAT(recorded(), ElementsAre("1"));
}

TEST_F(Story, OutsideATransactionAFailedStatementIsWhereTheNextRunGoesOn) {
  EXPECT_EQ(migrate(set_of({{"1_index", "!one;FAIL;three"}})).outcome, Outcome::failed);
  server.statements.clear();

  EXPECT_EQ(migrate(set_of({{"1_index", "!one;two;three"}})).outcome, Outcome::done);

  EXPECT_THAT(server.statements, ElementsAre("two", "three"));
  EXPECT_THAT(recorded(), ElementsAre("1"));
}

TEST_F(Story, OutsideATransactionADeathInAStatementStopsTheNextRunWithAQuestion) {
  EXPECT_THROW(migrate(set_of({{"1_index", "!one;DIE"}})), Error);
  server.statements.clear();

  const MigrateReport report = migrate(set_of({{"1_index", "!one;DIE"}}));

  EXPECT_EQ(report.outcome, Outcome::blocked);
  EXPECT_THAT(report.findings.at(0).recipe, HasSubstr("tidegate resolve 1 --done"));
  EXPECT_THAT(server.statements, IsEmpty());
}

TEST_F(Story, OutsideATransactionAStatementThatRanMayNotBeEdited) {
  EXPECT_EQ(migrate(set_of({{"1_index", "!one;FAIL"}})).outcome, Outcome::failed);

  const MigrateReport report = migrate(set_of({{"1_index", "!uno;two"}}));

  EXPECT_EQ(report.outcome, Outcome::blocked);
  EXPECT_EQ(report.findings.at(0).rule, "edited_in_progress");
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
