#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lint/rule.h"
#include "tidegate/folder.h"

namespace tidegate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

MigrationSet set_of(std::string text, Transactional transactional = Transactional::yes) {
  Migration migration;
  migration.version = Version("1");
  migration.up.file = "1_a.sql";
  migration.up.text = std::move(text);
  migration.up.directives.transactional = transactional;
  MigrationSet set;
  set.migrations.push_back(std::move(migration));
  return set;
}

std::vector<std::string> check(MigrationSet set, std::string_view engine = "postgres") {
  std::vector<std::string> all;
  for (const Finding& finding : check_scripts(set, engine)) {
    all.push_back(
        fmt::format("{}{} {}: {} / {}", finding.severity == Severity::warning ? "warning " : "",
                    to_string(finding.place), finding.rule, finding.message, finding.recipe));
  }
  return all;
}

TEST(CheckScripts, SplitsUpAndDown) {
  MigrationSet set = set_of("SELECT 1; SELECT 2;");
  set.migrations[0].down.emplace();
  set.migrations[0].down->file = "1_a.down.sql";
  set.migrations[0].down->text = "SELECT 3;\n\\d";
  const auto findings = check_scripts(set, "postgres");
  EXPECT_EQ(set.migrations[0].up.statements.size(), 2U);
  EXPECT_EQ(set.migrations[0].down->statements.size(), 1U);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].rule, "psql_meta_command");
  EXPECT_EQ(to_string(findings[0].place), "1_a.down.sql:2:1");
}

TEST(CheckScripts, S23_RefusesTransactionControl) {
  EXPECT_THAT(check(set_of("BEGIN;\nSELECT 1;\nSAVEPOINT a;\nROLLBACK TO a;\n COMMIT;")),
              ElementsAre("1_a.sql:1:1 transaction_control: BEGIN inside a migration, which "
                          "already runs in a transaction of its own / remove it",
                          "1_a.sql:5:2 transaction_control: COMMIT inside a migration, which "
                          "already runs in a transaction of its own / remove it"));
  EXPECT_THAT(check(set_of("BEGIN", Transactional::no)),
              ElementsAre("1_a.sql:1:1 transaction_control: BEGIN inside a no-transaction "
                          "migration, whose statements are recorded one by one / remove it, or "
                          "move what belongs together into a migration of its own without '-- "
                          "tidegate: no-transaction'"));
}

TEST(CheckScripts, NamesWhatNeedsNoTransaction) {
  EXPECT_THAT(check(set_of("-- a\nCREATE INDEX CONCURRENTLY i ON t (a);")),
              ElementsAre("1_a.sql:2:1 needs_no_transaction: CREATE INDEX CONCURRENTLY can't run "
                          "inside a transaction / put '-- tidegate: no-transaction' on the first "
                          "line"));
  EXPECT_THAT(check(set_of("SELECT 1; VACUUM t;")),
              ElementsAre("1_a.sql:1:11 needs_no_transaction: VACUUM can't run inside a "
                          "transaction / move it into a file of its own with '-- tidegate: "
                          "no-transaction' on the first line"));
  EXPECT_THAT(check(set_of("VACUUM t; DROP INDEX CONCURRENTLY i", Transactional::no)), IsEmpty());
}

TEST(CheckScripts, AdvisesToSplitAMixedFile) {
  EXPECT_THAT(check(set_of("VACUUM t; CREATE TABLE u (a int); SELECT 1;", Transactional::no)),
              ElementsAre("warning 1_a.sql:1:11 several_without_transaction: this statement could "
                          "run in a transaction, and shares a no-transaction file with others / "
                          "move it into a migration of its own"));
  EXPECT_THAT(check(set_of("CREATE TABLE u (a int)", Transactional::no)), IsEmpty());
}

TEST(CheckScripts, WarnsOfWhatDoesNothing) {
  EXPECT_THAT(check(set_of("PRAGMA foreign_keys = OFF;"), "sqlite"),
              ElementsAre("warning 1_a.sql:1:1 ignored_in_transaction: PRAGMA foreign_keys has no "
                          "effect inside a transaction / remove it"));
}

TEST(CheckScripts, KnowsMysql) {
  EXPECT_THAT(check(set_of("DELIMITER //\nSTART TRANSACTION//\nLOCK TABLES t WRITE//"), "mysql"),
              ElementsAre("1_a.sql:2:1 transaction_control: START TRANSACTION inside a migration, "
                          "which is committed with its record / remove it",
                          "1_a.sql:3:1 transaction_control: LOCK TABLES inside a migration, which "
                          "is committed with its record / remove it"));
  EXPECT_THAT(check(set_of("SELECT 1\\G"), "mysql"),
              ElementsAre("1_a.sql:1:9 client_command: \\G is a command of the mariadb client, "
                          "which isn't run here / end the statement with a semicolon instead"));
  EXPECT_THAT(check(set_of("CREATE TABLE t (a INT); INSERT INTO t VALUES (1); ALTER TABLE t "
                           "ADD b INT; CREATE PROCEDURE p() BEGIN COMMIT; END;"),
                    "mysql"),
              IsEmpty());
}

TEST(CheckScripts, LetsStatementsThatCommitByThemselvesShareAFile) {
  EXPECT_THAT(check(set_of("CREATE TABLE t (a INT); INSERT INTO t VALUES (1);", Transactional::no),
                    "mysql"),
              IsEmpty());
  EXPECT_THAT(check(set_of("DELETE FROM t; INSERT INTO t VALUES (1);", Transactional::no), "mysql"),
              ElementsAre("warning 1_a.sql:1:1 several_without_transaction: this statement could "
                          "run in a transaction, and shares a no-transaction file with others / "
                          "move it into a migration of its own"));
}

TEST(CheckScripts, HasNothingAgainstEmptyScripts) {
  EXPECT_THAT(check(set_of("")), IsEmpty());
  EXPECT_THAT(check(set_of("-- nothing\n")), IsEmpty());
}

TEST(Rules, HaveARowEach) {
  for (const Rule& rule : all_rules()) {
    EXPECT_FALSE(rule.name.empty());
    EXPECT_FALSE(rule.description.empty());
  }
}

}  // namespace
}  // namespace tidegate
