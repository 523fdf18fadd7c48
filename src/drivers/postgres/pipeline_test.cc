#include "drivers/postgres/pipeline.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/postgres/pipeline_fixture.h"

namespace tidegate::postgres {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(PipelinedRunTest, CommitsEachInItsTurnAndTellsSoInOrder) {
  given_tables(2);
  const TransactionsResult result = run();
  EXPECT_FALSE(result.error) << result.error->message;
  expect_exactly(2, result);
  EXPECT_THAT(memory.told,
              ElementsAre("started 0", "statement 0.0", "statement 0.1", "committed 0", "started 1",
                          "statement 1.0", "statement 1.1", "committed 1"));
}

TEST_F(PipelinedRunTest, NothingBehindAFailureIsExecutedWhereverItFails) {
  constexpr std::size_t kCount = 5;
  enum class At { syntax, first, second, guard, record, commit, division };
  for (const At at :
       {At::syntax, At::first, At::second, At::guard, At::record, At::commit, At::division}) {
    for (std::size_t round = 0; round < kCount * 4; ++round) {
      // Behind the failure stands the rest of its piece, and up to a dozen pieces more.
      const std::size_t bad = round / 4;
      padding_bytes = std::vector<std::size_t>{0, 1'300, 3'300, 9'000}[round % 4];
      SCOPED_TRACE(fmt::format("place {}, transaction {}, {} bytes more", static_cast<int>(at), bad,
                               padding_bytes));
      transactions.clear();
      scripts.clear();
      memory = {};
      session->execute({"TRUNCATE history"});
      session->execute(
          {"DO $$ DECLARE t text; BEGIN FOR t IN SELECT relname FROM pg_class WHERE "
           "relkind = 'r' AND relname ~ '^t[0-9]+$' LOOP EXECUTE 'DROP TABLE ' || t; "
           "END LOOP; END $$"});
      given_tables(bad);
      const std::string table = fmt::format("CREATE TABLE t{} (id int)", bad);
      switch (at) {
        case At::syntax:
          given({table, "CRATE TABLE x (id int)"});
          break;
        case At::first:
          given({"INSERT INTO nowhere VALUES (1)", table});
          break;
        case At::second:
          given({table, "INSERT INTO nowhere VALUES (1)"});
          break;
        case At::guard:
          given({table});
          transactions.back().guards.push_back({"$1 = 'nine'", {"ten"}});
          break;
        case At::record:
          given({table});
          transactions.back().epilogue.push_back({"INSERT INTO history VALUES ($1)", {"dup"}});
          transactions.back().epilogue.push_back({"INSERT INTO history VALUES ($1)", {"dup"}});
          break;
        case At::commit:
          given({table, "CREATE TABLE deferred (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)",
                 "INSERT INTO deferred VALUES (1), (1)"});
          break;
        case At::division:
          given({table, "SELECT 1 / 0"});
          break;
      }
      given_tables(kCount);

      const TransactionsResult result = run();
      expect_exactly(bad, result);
      ASSERT_TRUE(result.error);
      const Error& error = *result.error;
      EXPECT_EQ(error.code, at == At::guard ? ErrorCode::fenced : ErrorCode::statement_failed);
      const std::string file = fmt::format("{}.sql", bad);
      switch (at) {
        case At::syntax:
          EXPECT_EQ(to_string(error.place), file + ":2:1");
          EXPECT_EQ(error.server_code, "42601");
          EXPECT_THAT(error.statement, HasSubstr("CRATE TABLE x (id int)"));
          break;
        case At::first:
          EXPECT_EQ(to_string(error.place), file + ":1:13");
          EXPECT_EQ(error.server_code, "42P01");
          break;
        case At::second:
          EXPECT_EQ(to_string(error.place), file + ":2:13");
          break;
        case At::guard:
          break;
        case At::record:
          EXPECT_EQ(error.server_code, "23505");
          EXPECT_THAT(error.detail, HasSubstr("dup"));
          break;
        case At::commit:
          EXPECT_EQ(error.server_code, "23505");
          EXPECT_EQ(to_string(error.place), file);
          break;
        case At::division:
          EXPECT_EQ(error.server_code, "22012");
          EXPECT_EQ(to_string(error.place), file + ":2:1");
          break;
      }
    }
  }
}

TEST_F(PipelinedRunTest, ThoseCommittedTogetherAreAllThereOrNone) {
  given_tables(4);
  for (int i : {0, 1, 2})
    transactions[static_cast<std::size_t>(i)].commit = Transaction::Commit::with_next;
  EXPECT_FALSE(run().error);
  EXPECT_EQ(recorded(), "0,1,2,3");
  EXPECT_THAT(memory.told,
              ElementsAre("started 0", "statement 0.0", "statement 0.1", "started 1",
                          "statement 1.0", "statement 1.1", "started 2", "statement 2.0",
                          "statement 2.1", "started 3", "statement 3.0", "statement 3.1",
                          "committed 0", "committed 1", "committed 2", "committed 3"));

  transactions.clear();
  memory = {};
  session->execute({"TRUNCATE history"});
  session->execute({"DROP TABLE t0, t1, t2, t3"});
  given_tables(3);
  given({"CREATE TABLE t3 (id int)", "SELECT broken"});
  transactions[1].commit = transactions[2].commit = Transaction::Commit::with_next;
  const TransactionsResult result = run();
  EXPECT_EQ(result.committed_count, 1U);
  EXPECT_EQ(to_string(result.error->place), "3.sql:2:8");
  EXPECT_EQ(recorded(), "0");
  EXPECT_EQ(tables(), "1");
}

TEST_F(PipelinedRunTest, ThousandsOfTransactionsGoThroughManyBursts) {
  given_tables(3000);
  const TransactionsResult result = run();
  EXPECT_FALSE(result.error) << result.error->message;
  expect_exactly(3000, result);
}

TEST_F(PipelinedRunTest, AFailureInALaterBurstStopsThere) {
  given_tables(400);
  given({"CREATE TABLE t400 (id int)", "SELECT nonsense"});
  given_tables(900);
  const TransactionsResult result = run();
  expect_exactly(400, result);
  EXPECT_EQ(to_string(result.error->place), "400.sql:2:8");
}

TEST_F(PipelinedRunTest, AStatementLargerThanEveryBufferGoesThrough) {
  given_tables(1);
  const std::string blob(5'000'000, 'x');
  given({"CREATE TABLE t1 (id text)", "INSERT INTO t1 VALUES ('" + blob + "')",
         "SELECT id FROM t1, generate_series(1, 3)"});
  given_tables(3);
  const TransactionsResult result = run();
  EXPECT_FALSE(result.error) << result.error->message;
  expect_exactly(3, result);
  EXPECT_EQ(value("SELECT length(id) FROM t1"), "5000000");
}

TEST_F(PipelinedRunTest, ATransactionLargerThanABurstStaysOneTransaction) {
  std::vector<std::string> statements = {"CREATE TABLE t0 (id int)"};
  for (int i = 0; i < 3000; ++i) statements.push_back(fmt::format("INSERT INTO t0 VALUES ({})", i));
  statements.push_back("SELECT broken");
  given(statements);
  given_tables(3);
  const TransactionsResult result = run();
  expect_exactly(0, result);
  EXPECT_EQ(to_string(result.error->place), "0.sql:3002:8");
}

TEST_F(PipelinedRunTest, CopyInTheMiddleIsPartOfItsTransaction) {
  given_tables(1);
  Script script = script_of("1.sql", {"CREATE TABLE t1 (id int, name text)"});
  add_copy(script, "COPY t1 FROM stdin", "1\tone\n2\ttwo\n");
  add_statement(script, "INSERT INTO t1 VALUES (3, 'three')");
  add_copy(script, "copy t1 from STDIN with (format csv)", "4,four\n");
  add_statement(script, "COPY t1 TO stdout");
  given_script(std::move(script));
  given_tables(3);
  const TransactionsResult result = run();
  EXPECT_FALSE(result.error) << result.error->message;
  expect_exactly(3, result);
  EXPECT_EQ(value("SELECT string_agg(name, ',' ORDER BY id) FROM t1"), "one,two,three,four");
  EXPECT_THAT(memory.told, Contains("statement 1.4"));
}

TEST_F(PipelinedRunTest, CopyOfManyMegabytesGoesThrough) {
  Script script = script_of("0.sql", {"CREATE TABLE t0 (id int, name text)"});
  std::string data;
  for (int i = 0; i < 200'000; ++i) data += fmt::format("{}\tsome text of some length {}\n", i, i);
  add_copy(script, "COPY t0 FROM stdin", data);
  given_script(std::move(script));
  const TransactionsResult result = run();
  EXPECT_FALSE(result.error) << result.error->message;
  expect_exactly(1, result);
  EXPECT_EQ(value("SELECT count(*) FROM t0"), "200000");
}

TEST_F(PipelinedRunTest, ABadLineOfCopyIsNamed) {
  given_tables(1);
  Script script = script_of("1.sql", {"CREATE TABLE t1 (id int)"});
  add_copy(script, "COPY t1 FROM stdin", "1\n2\nthree\n4\n");
  given_script(std::move(script));
  given_tables(3);
  const TransactionsResult result = run();
  expect_exactly(1, result);
  EXPECT_EQ(to_string(result.error->place), "1.sql:5:1");
  EXPECT_EQ(result.error->server_code, "22P02");
}

TEST_F(PipelinedRunTest, CopyWithoutItsDataIsRefused) {
  given({"CREATE TABLE t0 (id int)", "COPY t0 FROM stdin"});
  // An empty file of data is no error, so this one is fine.
  EXPECT_FALSE(run().error);
}

TEST_F(PipelinedRunTest, AMigrationsSettingsEndWithIt) {
  session->execute({"CREATE ROLE tidegate_other"});
  session->execute({"CREATE SCHEMA other AUTHORIZATION tidegate_other"});
  const std::vector<std::vector<std::string>> leaks = {
      {"SET ROLE tidegate_other"},
      {"SET SESSION AUTHORIZATION tidegate_other"},
      {"SET LOCAL ROLE tidegate_other"},
      {"SET search_path = other"},
      {"SELECT set_config('search_path', 'other', false)"},
      {"SELECT pg_catalog.set_config('search_path', '', false)"},
      {"RESET ALL"},
      {"SET lock_timeout = 1", "SET statement_timeout = '77s'"},
      {"SET default_transaction_read_only = on"},
      {"SET standard_conforming_strings = off", "SET client_encoding = 'LATIN1'"},
      {"SET session_replication_role = replica"},
      {"DO $$ BEGIN SET search_path = other; SET ROLE tidegate_other; END $$"},
      {"SELECT pg_advisory_unlock_all()"},
      {"CREATE FUNCTION sly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
       "SET search_path = other; SET ROLE tidegate_other; RETURN new; END $$",
       "CREATE TABLE sly (id int)",
       "CREATE TRIGGER sly BEFORE INSERT ON sly FOR EACH ROW EXECUTE FUNCTION sly()",
       "INSERT INTO sly VALUES (1)"},
  };
  for (const auto& statements : leaks) given(statements);
  std::size_t count = 0;
  for (const auto& statements : leaks) {
    SCOPED_TRACE(statements[0]);
    transactions.clear();
    given(statements);
    transactions[0].guards.clear();
    transactions[0].epilogue = {{"INSERT INTO history VALUES ($1)", {std::to_string(count)}}};
    given(
        {fmt::format("CREATE TABLE made_{} AS SELECT 'ü' AS word, current_user AS who, "
                     "session_user AS really, current_setting('search_path') AS path, "
                     "current_setting('statement_timeout') AS timeout, "
                     "current_setting('lock_timeout') AS lock_timeout, "
                     "current_setting('idle_session_timeout') AS idle, "
                     "current_setting('session_replication_role') AS replication, "
                     "current_setting('application_name') AS name",
                     count)});
    transactions[1].guards.clear();
    transactions[1].epilogue.clear();
    transactions[1].lock_timeout = 7s;
    const TransactionsResult result = run();
    ASSERT_FALSE(result.error) << result.error->message << result.error->statement;
    const Rows rows = session->execute({fmt::format("SELECT * FROM public.made_{}", count)});
    const std::string me = value("SELECT current_user");
    EXPECT_EQ(rows.text(0, 0), "ü");
    EXPECT_EQ(rows.text(0, 1), me);
    EXPECT_EQ(rows.text(0, 2), me);
    EXPECT_EQ(rows.text(0, 3), "\"$user\", public");
    EXPECT_EQ(rows.text(0, 4), "0");
    EXPECT_EQ(rows.text(0, 5), "7s");
    EXPECT_EQ(rows.text(0, 6), "20s");
    EXPECT_EQ(rows.text(0, 7), "origin");
    EXPECT_THAT(rows.text(0, 8), HasSubstr("tidegate"));
    EXPECT_EQ(session->execute({"SHOW lock_timeout"}).text(0, 0), "0");
    ++count;
  }
  EXPECT_EQ(value("SELECT count(*) FROM history"), std::to_string(leaks.size()));
  session->execute({"DROP SCHEMA other"});
  session->execute({"DROP ROLE tidegate_other"});
}

TEST_F(PipelinedRunTest, ATenantsSearchPathIsInForceForEachMigration) {
  session->execute({"CREATE SCHEMA \"Ten'ant \"\"1\""});
  ConnectOptions options;
  options.schema = "Ten'ant \"1";
  session = open(options);
  given({"CREATE TABLE first (id int)", "SET search_path = public"});
  given({"CREATE TABLE second (id int)", "RESET ALL", "CREATE TABLE public.third (id int)"});
  given({"CREATE TABLE fourth (id int)"});
  const TransactionsResult result = run();
  ASSERT_FALSE(result.error) << result.error->message;
  EXPECT_EQ(value("SELECT string_agg(c.relname, ',' ORDER BY c.oid) FROM pg_class c JOIN "
                  "pg_namespace n ON n.oid = relnamespace WHERE nspname LIKE 'Ten%'"),
            "first,second,fourth");
  EXPECT_EQ(session->execute({"SHOW search_path"}).text(0, 0),
            "\"Ten'ant \"\"1\", \"$user\", public");
}

TEST_F(PipelinedRunTest, AScriptThatEndsItsOwnTransactionIsFoundAndNotRecorded) {
  for (const std::string end : {"COMMIT", "ROLLBACK", "commit and chain", "ROLLBACK WORK AND CHAIN",
                                "END", "ABORT", "Prepare  Transaction 'x'"}) {
    SCOPED_TRACE(end);
    transactions.clear();
    memory = {};
    given({"CREATE TABLE t0 (id int)", end, "SELECT 1"});
    given({"CREATE TABLE t9 (id int)"});
    const TransactionsResult result = run();
    ASSERT_TRUE(result.error);
    EXPECT_EQ(result.error->code, ErrorCode::statement_failed);
    EXPECT_EQ(to_string(result.error->place), "0.sql:2:1");
    EXPECT_EQ(result.error->statement, end);
    expect_exactly(0, result);
  }
}

TEST_F(PipelinedRunTest, ASavepointIsNobodysBusiness) {
  given({"PREPARE q AS SELECT 1", "DEALLOCATE q", "SAVEPOINT a", "CREATE TABLE x (id int)",
         "ROLLBACK TO a", "ROLLBACK TO SAVEPOINT a", "RELEASE a", "CREATE TABLE t0 (id int)"});
  const TransactionsResult result = run();
  EXPECT_FALSE(result.error) << result.error->message;
  expect_exactly(1, result);
}

TEST_F(PipelinedRunTest, AScriptThatForgetsPreparedStatementsTakesNoneOfOurs) {
  given_tables(4);
  given({"CREATE TABLE t4 (id int)", "DEALLOCATE ALL",
         "DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$"});
  given_tables(8);
  EXPECT_FALSE(run().error);
  transactions.erase(transactions.begin(), transactions.begin() + 7);
  transactions[0].guards[0].parameters = {"x"};
  memory = {};
  EXPECT_EQ(run().error->server_code, "42P07");
  EXPECT_EQ(recorded(), "0,1,2,3,4,5,6,7");
  transactions.clear();
  given_tables(8);
  transactions.erase(transactions.begin(), transactions.begin() + 8);
  EXPECT_FALSE(run().error);
}

TEST_F(PipelinedRunTest, NoticesAreHeard) {
  given({"CREATE TABLE IF NOT EXISTS history (id int)",
         "DO $$ BEGIN RAISE WARNING 'mind the gap'; END $$"});
  EXPECT_FALSE(run().error);
  EXPECT_THAT(memory.notices, Contains(HasSubstr("already exists")));
  EXPECT_THAT(memory.notices, Contains("WARNING: mind the gap"));
}

TEST_F(PipelinedRunTest, TheNameOfTheSessionTellsHowFarItIs) {
  ConnectOptions options;
  options.application_name = "tidegate replica:7";
  session = open(options);
  session->become_migrator();
  EXPECT_EQ(session->execute({"SHOW application_name"}).text(0, 0), "tidegate replica:7");
  given({"CREATE TABLE seen AS SELECT current_setting('application_name') AS name",
         "INSERT INTO seen VALUES (current_setting('application_name'))"});
  transactions[0].label = "1/2 20261122120000";
  EXPECT_FALSE(run().error);
  EXPECT_EQ(value("SELECT string_agg(name, '; ') FROM seen"),
            "tidegate replica:7 1/2 20261122120000 1/2; "
            "tidegate replica:7 1/2 20261122120000 2/2");
}

TEST_F(PipelinedRunTest, WithoutAScriptThereIsOnlyAnEpilogue) {
  Transaction transaction;
  transaction.label = "tables";
  transaction.epilogue = {{"CREATE TABLE t0 (id int)"}, {"INSERT INTO history VALUES ('0')"}};
  transactions = {transaction};
  const TransactionsResult result = run();
  EXPECT_FALSE(result.error);
  expect_exactly(1, result);
  EXPECT_THAT(memory.told, ElementsAre("started 0", "committed 0"));
}

TEST_F(PipelinedRunTest, AnEmptyScriptIsRecordedAllTheSame) {
  given({});
  EXPECT_FALSE(run().error);
  EXPECT_EQ(recorded(), "0");
}

}  // namespace
}  // namespace tidegate::postgres
