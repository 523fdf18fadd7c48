#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run/migrator_fixture.h"

namespace tidegate {
namespace {

using fake::set_of;
using testing::ElementsAre;
using testing::IsEmpty;

/// A server whose definitions commit by themselves, and what it knew when each was sent.
class OwnCommits : public MigratorTest {
 protected:
  /// What a person was told and the server had recorded, at one moment.
  struct Moment {
    std::vector<std::string> recorded;
    int done;
    int started;
    bool operator==(const Moment&) const = default;
  };

  /// Does `what` when the catalog is asked about the second definition.
  void at_second_look(const std::function<void()>& what) {
    server.on_look = [this, what] {
      if (server.statements.size() == 1) what();
    };
  }

  Moment now() const {
    return {recorded(), reporter.count<StepDone>(), reporter.count<StepStarted>()};
  }

  const MigrationSet set = set_of({{"1_one", "one DDL<-undo one DDL"},
                                   {"2_two", "two DDL<-undo two DDL"},
                                   {"3_three", "three DDL"}});
};

TEST_F(OwnCommits, ARecordIsCommittedWithTheNoteOfTheNextStatement) {
  std::vector<Moment> before;
  std::vector<Moment> during;
  server.on_look = [&] {
    if (!server.statements.empty()) before.push_back(now());
  };
  server.on_statement = [&](const std::string&) { during.push_back(now()); };

  EXPECT_EQ(migrate(set).outcome, Outcome::done);

  EXPECT_THAT(before, ElementsAre(Moment{{}, 0, 1}, Moment{{"1"}, 1, 2}));
  EXPECT_THAT(during, ElementsAre(Moment{{}, 0, 1}, Moment{{"1"}, 1, 2}, Moment{{"1", "2"}, 2, 3}));
  EXPECT_THAT(recorded(), ElementsAre("1", "2", "3"));
  EXPECT_THAT(server.history.journal, IsEmpty());
}

TEST_F(OwnCommits, SoIsTheRemovalOfOne) {
  server.record("1", "one", "sum of one DDL");
  server.record("2", "two", "sum of two DDL");
  MigrateOptions options;
  options.policy.direction = Direction::down;
  options.policy.target = {Target::Kind::step, {}, 2};
  std::vector<Moment> during;
  server.on_statement = [&](const std::string&) { during.push_back(now()); };

  EXPECT_EQ(migrate(set, options).outcome, Outcome::done);

  EXPECT_THAT(during, ElementsAre(Moment{{"1", "2"}, 0, 1}, Moment{{"1"}, 1, 2}));
  EXPECT_THAT(recorded(), IsEmpty());
}

TEST_F(OwnCommits, ItIsRecordedThoughTheNextFails) {
  EXPECT_EQ(migrate(set_of({{"1_one", "one DDL"}, {"2_two", "two DDL FAIL"}})).outcome,
            Outcome::failed);

  EXPECT_THAT(recorded(), ElementsAre("1"));
  EXPECT_THAT(reporter.lines(), ElementsAre("done 1", "failed 2"));
}

TEST_F(OwnCommits, ItIsRecordedThoughTheNextIsNotEvenSent) {
  at_second_look([] { throw Error(ErrorCode::statement_failed, "no right to see it"); });

  EXPECT_EQ(migrate(set).outcome, Outcome::failed);

  EXPECT_THAT(server.statements, ElementsAre("one DDL"));
  EXPECT_THAT(recorded(), ElementsAre("1"));
  EXPECT_THAT(reporter.lines(), ElementsAre("done 1", "failed 2"));
  EXPECT_EQ(reporter.count<StepStarted>(), 2);
}

TEST_F(OwnCommits, S21_ItIsRecordedThoughAStopCame) {
  at_second_look([&] { stop.request_stop(); });

  EXPECT_THROW(migrate(set), Error);

  EXPECT_THAT(server.statements, ElementsAre("one DDL"));
  EXPECT_THAT(recorded(), ElementsAre("1"));
  EXPECT_EQ(server.history.last_run->state, RunState::interrupted);
}

TEST_F(OwnCommits, ItIsRecordedBeforeTheNextWaits) {
  std::vector<std::vector<std::string>> during;
  server.on_statement = [&](const std::string&) { during.push_back(recorded()); };

  EXPECT_EQ(migrate(set_of({{"1_a", "a DDL"}, {"2_b", "rows;b DDL"}, {"3_c", "c"}})).outcome,
            Outcome::done);

  EXPECT_THAT(during, ElementsAre(ElementsAre(), ElementsAre("1"), ElementsAre("1"),
                                  ElementsAre("1", "2")));
}

TEST_F(OwnCommits, NothingIsRecordedOnceTheLockIsLost) {
  at_second_look([&] { server.lock_holder = "a thief"; });

  EXPECT_THROW(migrate(set), Error);

  EXPECT_THAT(server.statements, ElementsAre("one DDL"));
  EXPECT_THAT(recorded(), IsEmpty());
  EXPECT_EQ(reporter.count<StepDone>(), 0);
}

TEST_F(OwnCommits, S13_ADeathInBetweenIsSettledFromTheCatalog) {
  at_second_look([] { throw Error(ErrorCode::connection_lost, "the server is gone"); });
  EXPECT_THROW(migrate(set), Error);
  EXPECT_THAT(recorded(), IsEmpty());
  server.statements.clear();
  server.on_look = nullptr;
  catalog.settle = [](const std::string&) {
    return Settlement{Settlement::Outcome::took_effect, {}, "it is there"};
  };

  EXPECT_EQ(migrate(set).outcome, Outcome::done);

  EXPECT_THAT(server.statements, ElementsAre("two DDL", "three DDL"));
  EXPECT_THAT(recorded(), ElementsAre("1", "2", "3"));
}

}  // namespace
}  // namespace tidegate
