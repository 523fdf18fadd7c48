#include "drivers/postgres/statement_kind.h"

#include <gtest/gtest.h>

#include "drivers/postgres/test_server.h"

namespace tidegate::postgres {
namespace {

TEST(StatementKind, ATransactionsEndIsKnownByItsFirstWords) {
  for (const char* sql : {"COMMIT", "commit work", "End", "ABORT", "ROLLBACK", "ROLLBACK;",
                          "ROLLBACK AND CHAIN", "PREPARE TRANSACTION 'x'", "COMMIT/* now */"}) {
    EXPECT_EQ(way_of(sql), Way::refused) << sql;
  }
  for (const char* sql :
       {"ROLLBACK TO a", "ROLLBACK WORK TO SAVEPOINT a", "SAVEPOINT a", "RELEASE a",
        "PREPARE q AS SELECT 1", "CREATE TABLE commit (id int)", "endless", "SELECT 'COMMIT'"}) {
    EXPECT_EQ(way_of(sql), Way::pipelined) << sql;
  }
}

TEST(StatementKind, EveryCopyGoesByItself) {
  for (const char* sql : {"COPY t FROM stdin", "copy(SELECT 1) TO stdout", "COPY/**/t TO '/x'"}) {
    EXPECT_EQ(way_of(sql), Way::copy) << sql;
  }
  for (const char* sql : {"COPYRIGHT", "copy_all", "", "CREATE TABLE copy (id int)"}) {
    EXPECT_EQ(way_of(sql), Way::pipelined) << sql;
  }
}

TEST(StatementKind, OnlyPlainStatementsLeaveSettingsAlone) {
  const auto plain = [](const std::string& sql) {
    return leaves_settings_alone(script_of("m.sql", {"CREATE TABLE t (id int)", sql}));
  };
  EXPECT_TRUE(plain("alter table t add column x int"));
  EXPECT_TRUE(plain("UPDATE t SET x = 1"));
  EXPECT_FALSE(plain("SET x = 1"));
  EXPECT_FALSE(plain("RESET ALL"));
  EXPECT_FALSE(plain("DISCARD PLANS"));
  EXPECT_FALSE(plain("SELECT f()"));
  EXPECT_FALSE(plain("DO $$ BEGIN END $$"));
  EXPECT_FALSE(plain("CALL p()"));
  EXPECT_FALSE(plain("WITH x AS (SELECT 1) SELECT 1"));
  EXPECT_FALSE(plain("INSERT INTO t SELECT Set_Config('role', 'x', false)"));
  EXPECT_TRUE(leaves_settings_alone(Script{}));
}

}  // namespace
}  // namespace tidegate::postgres
