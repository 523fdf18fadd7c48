#include "report/status_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/status_report.h"

namespace tidegate {
namespace {

using testing::ElementsAre;

class StatusRows : public testing::Test {
 protected:
  void given(const std::string& version, const std::string& checksum = "aa") {
    Migration migration;
    migration.version = Version(version);
    migration.name = "m" + version;
    migration.up.checksum = checksum;
    set.migrations.push_back(migration);
  }
  void recorded(const std::string& version, const std::string& checksum = "aa") {
    status.history.records.push_back(
        {Version(version), "r" + version, checksum, "2026-11-22T12:00:00.5Z", {}});
  }
  std::vector<std::string> rows() const {
    std::vector<std::string> texts;
    for (const StatusRow& row : status_rows(set, status)) {
      texts.push_back(row.version.text() + " " + std::string(shown_state(row.state)));
    }
    return texts;
  }

  MigrationSet set;
  Status status;
};

TEST_F(StatusRows, MergeFilesAndRecordsByVersion) {
  given("2");
  given("9");
  given("10");
  recorded("1");
  recorded("2");
  recorded("10", "bb");
  recorded("11");
  EXPECT_THAT(rows(), ElementsAre("1 missing file", "2 applied", "9 pending", "10 edited",
                                  "11 missing file"));
}

TEST_F(StatusRows, DontCallAnUnknownChecksumAnEdit) {
  given("1");
  recorded("1", "");
  EXPECT_THAT(rows(), ElementsAre("1 applied"));
}

TEST_F(StatusRows, ShowWhichOneIsRunning) {
  given("1");
  given("2");
  status.state.verdict = Verdict::running;
  status.state.holder = Holder{"a", "", "2/2 2 pets, statement 1/3"};
  EXPECT_THAT(rows(), ElementsAre("1 pending", "2 running"));
}

TEST_F(StatusRows, ShowWhichOneFailed) {
  given("1");
  given("2");
  status.state.verdict = Verdict::failed;
  status.state.last_run = tidegate::Run{};
  status.state.last_run->state = RunState::failed;
  status.state.last_run->migration = "1";
  EXPECT_THAT(rows(), ElementsAre("1 failed", "2 pending"));
}

TEST_F(StatusRows, ABegunStatementIsInterruptedWhileNobodyIsAtIt) {
  given("1");
  given("2");
  JournalEntry begun;
  begun.version = Version("2");
  status.history.journal.push_back(begun);
  EXPECT_THAT(rows(), ElementsAre("1 pending", "2 interrupted"));
  status.state.holder = Holder{"other:1", "", ""};
  EXPECT_THAT(rows(), ElementsAre("1 pending", "2 pending"));
}

TEST_F(StatusRows, MakeATableForPeople) {
  given("1");
  given("20261122120000");
  recorded("1");
  status.state.verdict = Verdict::pending;
  status.state.reason = "1 of 2 needed migrations missing";
  status.state.recipe = "run 'tidegate migrate'";
  EXPECT_EQ(status_text(set, {"app.db", "", status}, Palette(Color::off)),
            "app.db\n"
            "  Status   Version         Name             Applied at (UTC)\n"
            "  applied  1               m1               2026-11-22 12:00:00\n"
            "  pending  20261122120000  m20261122120000\n"
            "pending: 1 of 2 needed migrations missing\n"
            "  run 'tidegate migrate'\n");
}

TEST_F(StatusRows, TheGravestVerdictSpeaksForAll) {
  DatabaseStatus open{"a", "", {}};
  open.status.state.verdict = Verdict::open;
  DatabaseStatus blocked = open;
  blocked.status.state.verdict = Verdict::blocked;
  DatabaseStatus pending = open;
  pending.status.state.verdict = Verdict::pending;
  EXPECT_EQ(gravest(std::vector{open, pending}), Verdict::pending);
  EXPECT_EQ(gravest(std::vector{pending, blocked, open}), Verdict::blocked);
}

}  // namespace
}  // namespace tidegate
