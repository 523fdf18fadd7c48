#include "sql/words.h"

#include <gtest/gtest.h>

#include <array>

namespace tidegate {
namespace {

/// What a statement is shown as, by one of a dialect's lists.
std::string control(std::string_view engine, std::string_view statement) {
  const Dialect& dialect = *find_dialect(engine);
  const auto* pattern = find_pattern(dialect.transaction_control, statement, dialect);
  return pattern == nullptr ? "" : std::string(pattern->shown);
}

std::string alone(std::string_view engine, std::string_view statement) {
  const Dialect& dialect = *find_dialect(engine);
  const auto* pattern = find_pattern(dialect.needs_no_transaction, statement, dialect);
  return pattern == nullptr ? "" : std::string(pattern->shown);
}

TEST(Words, FindTransactionControl) {
  EXPECT_EQ(control("postgres", "begin"), "BEGIN");
  EXPECT_EQ(control("postgres", "/* x */ Start -- y\n TRANSACTION read only"), "START TRANSACTION");
  EXPECT_EQ(control("postgres", "commit and chain"), "COMMIT");
  EXPECT_EQ(control("postgres", "ROLLBACK"), "ROLLBACK");
  EXPECT_EQ(control("postgres", "ROLLBACK WORK"), "ROLLBACK");
  EXPECT_EQ(control("postgres", "ROLLBACK AND NO CHAIN"), "ROLLBACK");
  EXPECT_EQ(control("postgres", "ROLLBACK PREPARED 'a'"), "ROLLBACK PREPARED");
  EXPECT_EQ(control("postgres", "PREPARE TRANSACTION 'a'"), "PREPARE TRANSACTION");
  EXPECT_EQ(control("sqlite", "END TRANSACTION"), "END");
}

TEST(Words, LetSavepointsPass) {
  for (const char* engine : {"postgres", "sqlite"}) {
    for (const char* statement :
         {"SAVEPOINT a", "RELEASE a", "ROLLBACK TO a", "ROLLBACK TRANSACTION TO SAVEPOINT a",
          "SELECT 'BEGIN'", "PREPARE begin AS SELECT 1", ""}) {
      EXPECT_EQ(control(engine, statement), "") << statement;
    }
  }
  EXPECT_EQ(control("postgres", "ROLLBACK WORK TO SAVEPOINT a"), "");
}

TEST(Words, FindWhatNeedsNoTransaction) {
  constexpr std::array kAlone = {
      "create unique index concurrently if not exists i on t (a)",
      "CREATE INDEX CONCURRENTLY ON t (a)",
      "DROP INDEX CONCURRENTLY i",
      "REINDEX (VERBOSE) TABLE CONCURRENTLY t",
      "REINDEX (CONCURRENTLY) TABLE t",
      "REINDEX (VERBOSE, CONCURRENTLY) INDEX \"i\"",
      "reindex (tablespace \"fast\", concurrently true) table t",
      "REINDEX (VERBOSE, TABLESPACE fast) SCHEMA s",
      "REINDEX DATABASE d",
      "REINDEX (VERBOSE) SCHEMA s",
      "VACUUM (FULL) t",
      "CLUSTER",
      "CLUSTER VERBOSE",
      "ALTER TABLE ONLY s.t DETACH PARTITION \"p\" CONCURRENTLY",
      "ALTER DATABASE \"d\" SET TABLESPACE x",
      "ALTER SYSTEM SET a = 1",
      "ALTER SUBSCRIPTION s REFRESH PUBLICATION",
      "DISCARD ALL",
  };
  for (const char* statement : kAlone) EXPECT_NE(alone("postgres", statement), "") << statement;
}

TEST(Words, LetTheirNeighboursPass) {
  constexpr std::array kFine = {
      "CREATE INDEX \"concurrently\" ON t (a)",
      "CREATE INDEX i ON t (a)",
      "CLUSTER t USING i",
      "CLUSTER \"t\"",
      "ALTER TYPE e ADD VALUE 'x'",
      "ALTER TABLE t DETACH PARTITION p",
      "ALTER TABLE t ADD COLUMN concurrently int",
      "ALTER DATABASE d SET search_path = 'a'",
      "DISCARD TEMP",
      "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
      "COMMENT ON TABLE t IS 'VACUUM'",
      "REINDEX TABLE t",
  };
  for (const char* statement : kFine) EXPECT_EQ(alone("postgres", statement), "") << statement;
}

TEST(Words, KnowSqlitePragmas) {
  EXPECT_EQ(alone("sqlite", "PRAGMA journal_mode = WAL"), "PRAGMA journal_mode");
  EXPECT_EQ(alone("sqlite", "pragma main.journal_mode('wal')"), "PRAGMA journal_mode");
  EXPECT_EQ(alone("sqlite", "PRAGMA synchronous = 1"), "PRAGMA synchronous");
  EXPECT_EQ(alone("sqlite", "PRAGMA journal_mode"), "");
  EXPECT_EQ(alone("sqlite", "PRAGMA user_version = 3"), "");
  EXPECT_EQ(alone("sqlite", "VACUUM INTO 'x'"), "VACUUM");
  const Dialect& sqlite = *find_dialect("sqlite");
  EXPECT_NE(find_pattern(sqlite.ignored_in_transaction, "PRAGMA foreign_keys=OFF", sqlite),
            nullptr);
}

TEST(Words, FindTransactionControlOfMysql) {
  EXPECT_EQ(control("mysql", "BEGIN"), "BEGIN");
  EXPECT_EQ(control("mysql", "begin work"), "BEGIN");
  EXPECT_EQ(control("mysql", "START TRANSACTION READ ONLY"), "START TRANSACTION");
  EXPECT_EQ(control("mysql", "COMMIT AND CHAIN"), "COMMIT");
  EXPECT_EQ(control("mysql", "ROLLBACK"), "ROLLBACK");
  EXPECT_EQ(control("mysql", "ROLLBACK WORK NO RELEASE"), "ROLLBACK");
  EXPECT_EQ(control("mysql", "XA START 'a'"), "XA");
  EXPECT_EQ(control("mysql", "SET @@session.autocommit = 0"), "SET autocommit");
  EXPECT_EQ(control("mysql", "SET a = 1, autocommit = 0"), "SET autocommit");
  EXPECT_EQ(control("mysql", "/*!40000 LOCK TABLES t WRITE */"), "LOCK TABLES");
  EXPECT_EQ(control("mysql", "UNLOCK TABLES"), "UNLOCK TABLES");
  for (const char* fine :
       {"BEGIN NOT ATOMIC SELECT 1; END", "ROLLBACK TO a", "ROLLBACK WORK TO SAVEPOINT a",
        "SAVEPOINT a", "SET NAMES utf8mb4", "CREATE PROCEDURE p() BEGIN COMMIT; END",
        "INSERT INTO t VALUES (\"BEGIN\")", "FLUSH TABLES", "SELECT 1 # COMMIT"}) {
    EXPECT_EQ(control("mysql", fine), "") << fine;
  }
}

// Which of them are right tests/splitter/test_mariadb_client.py asks a server.
TEST(Words, FindWhatCommitsByItself) {
  const Dialect& mysql = *find_dialect("mysql");
  const auto shown = [&](std::string_view statement) -> std::string {
    const StatementPattern* pattern = commits_by_itself(statement, mysql);
    return pattern == nullptr ? "" : std::string(pattern->shown);
  };
  EXPECT_EQ(shown("create table t (a int)"), "CREATE");
  EXPECT_EQ(shown("/*!50001 DROP VIEW v */"), "DROP");
  EXPECT_EQ(shown("/* x */ ALTER TABLE t ADD b INT"), "ALTER");
  EXPECT_EQ(shown("CREATE OR REPLACE TEMPORARY TABLE t (a INT)"), "");
  EXPECT_EQ(shown("DROP TEMPORARY TABLE t"), "");
  EXPECT_EQ(shown("INSERT INTO t VALUES (1)"), "");
  EXPECT_EQ(shown("ROLLBACK TO a"), "");
  EXPECT_EQ(shown("CALL p()"), "CALL");
  const Dialect& postgres = *find_dialect("postgres");
  EXPECT_EQ(commits_by_itself("CREATE TABLE t (a int)", postgres), nullptr);
}

TEST(Words, MatchPatternsAsTheyAreDocumented) {
  const Dialect& dialect = *find_dialect("postgres");
  const auto matches = [&](std::string_view words, std::string_view statement) {
    const std::array patterns = {StatementPattern{words, "x"}};
    return find_pattern(patterns, statement, dialect) != nullptr;
  };
  EXPECT_TRUE(matches("A B|C", "a c d"));
  EXPECT_FALSE(matches("A B|C", "a d"));
  EXPECT_TRUE(matches("A [B] C", "a c"));
  EXPECT_TRUE(matches("A [B] C", "a b c"));
  EXPECT_TRUE(matches("A * C $", "a c b c"));
  EXPECT_FALSE(matches("A + C", "a c"));
  EXPECT_TRUE(matches("A + C", "a 'c' c"));
  EXPECT_FALSE(matches("A $", "a 1"));
}

}  // namespace
}  // namespace tidegate
