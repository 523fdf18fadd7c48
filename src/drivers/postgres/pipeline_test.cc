#include "drivers/postgres/pipeline.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stop_token>
#include <thread>

#include "drivers/postgres/test_server.h"

namespace tidegate::postgres {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Transactions that each make a table and record themselves, with one that goes wrong.
class PipelinedRunTest : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    session = open();
    session->become_migrator();
    session->execute({"CREATE TABLE history (version text PRIMARY KEY)"});
  }
  void TearDown() override {
    session.reset();
    PostgresTest::TearDown();
  }

  /// `statements` as the transaction of that number, with its record.
  void given(const std::vector<std::string>& statements) {
    given_script(script_of(fmt::format("{}.sql", transactions.size()), statements));
  }

  void given_script(Script script) {
    scripts.push_back(std::make_unique<Script>(std::move(script)));
    const std::string version = std::to_string(transactions.size());
    Transaction transaction;
    transaction.label = version;
    transaction.script = scripts.back().get();
    transaction.guards = {
        {"NOT EXISTS (SELECT FROM public.history WHERE version = $1)", {version}}};
    transaction.epilogue = {{"INSERT INTO public.history VALUES ($1)", {version}}};
    transactions.push_back(std::move(transaction));
  }

  void given_tables(std::size_t count) {
    while (transactions.size() < count) {
      const std::size_t i = transactions.size();
      given({fmt::format("CREATE TABLE t{} (id int)", i),
             fmt::format("INSERT INTO t{} VALUES (1)", i)});
    }
  }

  TransactionsResult run() { return session->run(transactions, memory); }

  std::string recorded() {
    return value(
        "SELECT COALESCE(string_agg(version, ',' ORDER BY version::int), '') FROM history");
  }
  std::string tables() {
    return value("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname ~ '^t[0-9]+$'");
  }

  /// The promise: the first `count` are there, with their records, and nothing of any other; and
  /// the session goes on.
  void expect_exactly(std::size_t count, const TransactionsResult& result) {
    EXPECT_EQ(result.committed_count, count);
    std::string versions;
    for (std::size_t i = 0; i < count; ++i) versions += (i ? "," : "") + std::to_string(i);
    EXPECT_EQ(recorded(), versions);
    EXPECT_EQ(tables(), std::to_string(count));
    EXPECT_EQ(session->execute({"SELECT 'alive'"}).text(0, 0), "alive");
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_THAT(memory.told, Contains(fmt::format("committed {}", i)));
    }
    EXPECT_THAT(memory.told, Not(Contains(fmt::format("committed {}", count))));
    EXPECT_THAT(memory.told, Not(Contains(fmt::format("started {}", count + 1))));
  }

  std::unique_ptr<Session> session;
  std::vector<std::unique_ptr<Script>> scripts;
  std::vector<Transaction> transactions;
  Memory memory;
};

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
    for (std::size_t bad = 0; bad < kCount; ++bad) {
      SCOPED_TRACE(fmt::format("place {}, transaction {}", static_cast<int>(at), bad));
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
          EXPECT_EQ(error.statement, "CRATE TABLE x (id int)");
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

TEST_F(PipelinedRunTest, NoticesAreHeard) {
  given({"CREATE TABLE IF NOT EXISTS history (id int)",
         "DO $$ BEGIN RAISE WARNING 'mind the gap'; END $$"});
  EXPECT_FALSE(run().error);
  EXPECT_THAT(memory.notices, Contains(HasSubstr("already exists")));
  EXPECT_THAT(memory.notices, Contains("WARNING: mind the gap"));
}

TEST_F(PipelinedRunTest, AServersPatienceWithLocksIsTheTransactions) {
  given_tables(1);
  given({"LOCK TABLE history"});
  transactions[1].lock_timeout = 100ms;
  const auto other = open();
  std::stop_source stop;
  std::thread holder([&] {
    Memory ignored;
    const Script script =
        script_of("x", {"LOCK TABLE history IN ACCESS SHARE MODE", "SELECT pg_sleep(60)"});
    Transaction transaction;
    transaction.script = &script;
    other->limit_to(kNever, stop.get_token());
    EXPECT_EQ(other->run({&transaction, 1}, ignored).error->code, ErrorCode::interrupted);
  });
  while (value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") != "1") {
    std::this_thread::sleep_for(5ms);
  }
  const TransactionsResult result = run();
  stop.request_stop();
  holder.join();
  EXPECT_EQ(result.error->code, ErrorCode::lock_timeout);
  expect_exactly(1, result);
}

TEST_F(PipelinedRunTest, AStopInAStatementCancelsItAndLeavesNothingBehind) {
  given_tables(2);
  given({"CREATE TABLE t2 (id int)", "SELECT pg_sleep(60)"});
  given_tables(5);
  std::stop_source stop;
  session->limit_to(kNever, stop.get_token());
  std::thread stopper;
  memory.on_statement = [&](std::size_t transaction, std::size_t statement) {
    if (transaction != 2 || statement != 1) return;
    stopper = std::thread([&] {
      std::this_thread::sleep_for(50ms);
      stop.request_stop();
    });
  };
  const auto before = std::chrono::steady_clock::now();
  const TransactionsResult result = run();
  stopper.join();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
  EXPECT_EQ(result.error->code, ErrorCode::interrupted);
  EXPECT_EQ(to_string(result.error->place), "2.sql:2:1");
  session->limit_to(kNever, {});
  expect_exactly(2, result);
}

TEST_F(PipelinedRunTest, AStopAnywhereLeavesAWholeNumberOfTransactions) {
  // The cancel may arrive between two statements, where it has no effect, and so is repeated.
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE(round);
    transactions.clear();
    scripts.clear();
    memory = {};
    session->execute({"DROP SCHEMA public CASCADE"});
    session->execute({"CREATE SCHEMA public"});
    session->execute({"CREATE TABLE history (version text PRIMARY KEY)"});
    for (std::size_t i = 0; i < 300; ++i) {
      given({fmt::format("CREATE TABLE t{} (id int)", i), "SELECT pg_sleep(0.001)"});
    }
    std::stop_source stop;
    session->limit_to(kNever, stop.get_token());
    std::thread stopper([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(3 + 7 * round));
      stop.request_stop();
    });
    const TransactionsResult result = run();
    stopper.join();
    session->limit_to(kNever, {});
    if (result.error) {
      EXPECT_EQ(result.error->code, ErrorCode::interrupted) << result.error->message;
    }
    expect_exactly(result.committed_count, result);
  }
}

TEST_F(PipelinedRunTest, ADeadlineEndsItTheSameWay) {
  given_tables(1);
  given({"CREATE TABLE t1 (id int)", "SELECT pg_sleep(60)"});
  session->limit_to(std::chrono::steady_clock::now() + 200ms, {});
  const TransactionsResult result = run();
  EXPECT_EQ(result.error->code, ErrorCode::timed_out);
  session->limit_to(kNever, {});
  expect_exactly(1, result);
}

TEST_F(PipelinedRunTest, AStopDuringCopyEndsIt) {
  Script script = script_of("0.sql", {"CREATE TABLE t0 (id int)",
                                      "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
                                      "'BEGIN PERFORM pg_sleep(0.05); RETURN new; END'",
                                      "CREATE TRIGGER slow BEFORE INSERT ON t0 FOR EACH ROW "
                                      "EXECUTE FUNCTION slow()"});
  std::string data;
  for (int i = 0; i < 100'000; ++i) data += std::to_string(i) + "\n";
  add_copy(script, "COPY t0 FROM stdin", data);
  given_script(std::move(script));
  std::stop_source stop;
  session->limit_to(kNever, stop.get_token());
  std::thread stopper([&] {
    std::this_thread::sleep_for(200ms);
    stop.request_stop();
  });
  const auto before = std::chrono::steady_clock::now();
  const TransactionsResult result = run();
  stopper.join();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 3s);
  EXPECT_EQ(result.error->code, ErrorCode::interrupted);
  session->limit_to(kNever, {});
  expect_exactly(0, result);
}

TEST_F(PipelinedRunTest, AnEndedSessionIsToldAsLostAndNotAsUnknown) {
  given_tables(2);
  given({"CREATE TABLE t2 (id int)", "SELECT pg_terminate_backend(pg_backend_pid())"});
  given_tables(5);
  const TransactionsResult result = run();
  EXPECT_EQ(result.error->code, ErrorCode::connection_lost);
  EXPECT_EQ(result.error->server_code, "57P01");
  EXPECT_EQ(result.committed_count, 2U);
  EXPECT_EQ(recorded(), "0,1");
  EXPECT_THROW(session->execute({"SELECT 1"}), Error);
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

/// Cuts the connection after every so many bytes in either direction, and compares what the run
/// said with what is in the database.
TEST_F(PipelinedRunTest, ACutAnywhereIsNeverCalledSafeWhenItIsNot) {
  int unknown_count = 0;
  for (const std::string way : {"--cut-client-bytes", "--cut-server-bytes"}) {
    for (int bytes = 900; bytes < 12'000; bytes += 263) {
      SCOPED_TRACE(fmt::format("{} {}", way, bytes));
      transactions.clear();
      scripts.clear();
      memory = {};
      session = open();
      session->execute({"DROP SCHEMA public CASCADE"});
      session->execute({"CREATE SCHEMA public"});
      session->execute({"CREATE TABLE history (version text PRIMARY KEY)"});
      given_tables(5);
      ProxyProcess proxy({way, std::to_string(bytes)});
      try {
        session = driver().open_session(
            driver().parse(url_with({{"dbname", database}, {"port", proxy.port}})), {});
      } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::unreachable);
        continue;
      }
      const TransactionsResult result = run();
      session.reset();
      // The server may still be at work on what it has received.
      while (value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                   "pid <> pg_backend_pid() AND backend_type = 'client backend'") != "0") {
        std::this_thread::sleep_for(2ms);
      }
      const std::string there = value("SELECT count(*) FROM history");
      EXPECT_EQ(there, tables());
      if (!result.error) {
        EXPECT_EQ(there, "5");
      } else if (result.error->code == ErrorCode::connection_lost) {
        EXPECT_EQ(there, std::to_string(result.committed_count));
      } else {
        EXPECT_EQ(result.error->code, ErrorCode::outcome_unknown);
        EXPECT_GE(std::stoul(there), result.committed_count);
        ++unknown_count;
      }
    }
  }
  EXPECT_GT(unknown_count, 5);
}

}  // namespace
}  // namespace tidegate::postgres
