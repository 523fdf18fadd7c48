#include "drivers/postgres/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <stop_token>
#include <thread>

#include "drivers/postgres/test_server.h"

namespace tidegate::postgres {
namespace {

using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class PostgresSessionTest : public PostgresTest {};

ErrorCode code_of_call(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code;
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::internal;
}

TEST_F(PostgresSessionTest, ReadsAreIndependentOfEachOther) {
  const auto reader = driver().open_reader(url, {});
  const std::vector<Query> queries = {{"SELECT 1, NULL"},
                                      {"SELECT * FROM nowhere"},
                                      {"SELECT $1::text || '!'", {"ü"}},
                                      {"SELECT * FROM no_schema.t"},
                                      {"SELECT relnam FROM pg_class"}};
  const std::vector<ReadResult> results = reader->read(queries);
  ASSERT_EQ(results.size(), 5U);
  EXPECT_EQ(std::get<Rows>(results[0]).text(0, 0), "1");
  EXPECT_EQ(std::get<Rows>(results[0]).at(0, 1), std::nullopt);
  EXPECT_EQ(std::get<Error>(results[1]).code, ErrorCode::no_table);
  EXPECT_EQ(std::get<Error>(results[1]).server_code, "42P01");
  EXPECT_EQ(std::get<Rows>(results[2]).text(0, 0), "ü!");
  EXPECT_EQ(std::get<Error>(results[3]).code, ErrorCode::no_table);
  EXPECT_EQ(std::get<Error>(results[4]).code, ErrorCode::foreign_table);
  EXPECT_TRUE(reader->read({}).empty());
}

TEST_F(PostgresSessionTest, ReadsAreOneRoundTripWhereNoPoolerIs) {
  ProxyProcess proxy;
  const auto near = driver().parse(url_with({{"dbname", database}, {"port", proxy.port}}));
  ConnectOptions options;
  options.schema = "tenant";
  const auto reader = driver().open_reader(near, options);
  EXPECT_EQ(reader->server().route, Server::Route::direct);
  const long before = proxy.stat("round_trips");
  const std::vector<Query> queries(20, Query{"SELECT 1"});
  reader->read(queries);
  EXPECT_EQ(proxy.stat("round_trips"), before + 1);
}

TEST_F(PostgresSessionTest, BetweenCallsThereIsNoTransactionAndNoSnapshot) {
  const auto session = open();
  session->become_migrator();
  const std::vector<Query> queries = {{"SELECT 'marked', count(*) FROM pg_class"}};
  session->read(queries);
  session->execute({"SELECT 'marked', count(*) FROM pg_class"});
  EXPECT_EQ(value("SELECT state || ':' || COALESCE(backend_xmin::text, '-') || ':' || "
                  "COALESCE(xact_start::text, '-') FROM pg_stat_activity "
                  "WHERE query LIKE '%marked%' AND pid <> pg_backend_pid()"),
            "idle:-:-");
}

TEST_F(PostgresSessionTest, AReadThatIsBlockedEndsAtItsDeadlineAndLeavesNobodyWaiting) {
  const auto holder = open();
  holder->execute({"CREATE TABLE locked (id int)"});
  std::stop_source stop;
  std::thread locker([&] {
    Memory ignored;
    const Script script = script_of("x", {"LOCK TABLE locked", "SELECT pg_sleep(60)"});
    Transaction transaction;
    transaction.script = &script;
    holder->limit_to(kNever, stop.get_token());
    holder->run({&transaction, 1}, ignored);
  });
  while (value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") != "1") {
    std::this_thread::sleep_for(5ms);
  }
  const auto reader = driver().open_reader(url, {});
  const auto before = steady_clock::now();
  reader->limit_to(before + 200ms, {});
  const std::vector<Query> queries = {{"SELECT * FROM locked"}};
  EXPECT_EQ(code_of_call([&] { reader->read(queries); }), ErrorCode::timed_out);
  EXPECT_LT(steady_clock::now() - before, 700ms);
  const auto until = steady_clock::now() + 5s;
  while (value("SELECT count(*) FROM pg_locks WHERE NOT granted") != "0" &&
         steady_clock::now() < until) {
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_LT(steady_clock::now(), until);
  stop.request_stop();
  locker.join();
}

TEST_F(PostgresSessionTest, AStoppedReadLeavesTheSessionUsable) {
  const auto reader = driver().open_reader(url, {});
  std::stop_source stop;
  reader->limit_to(kNever, stop.get_token());
  std::thread stopper([&] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  const auto before = steady_clock::now();
  const std::vector<Query> queries = {{"SELECT pg_sleep(60)"}, {"SELECT 1"}};
  EXPECT_EQ(code_of_call([&] { reader->read(queries); }), ErrorCode::interrupted);
  EXPECT_LT(steady_clock::now() - before, 1s);
  stopper.join();
  EXPECT_EQ(code_of_call([&] { reader->read(queries); }), ErrorCode::interrupted);
  reader->limit_to(kNever, {});
  const std::vector<Query> one = {{"SELECT 1"}};
  EXPECT_EQ(std::get<Rows>(reader->read(one)[0]).text(0, 0), "1");
}

TEST_F(PostgresSessionTest, NewsWakesAWaiter) {
  const auto reader = driver().open_reader(url, {});
  const std::string topic = "Topic \"with\" quotes";
  reader->subscribe(topic);
  std::thread speaker([&] {
    std::this_thread::sleep_for(50ms);
    open()->execute({"SELECT pg_notify($1, 'hello')", {topic}});
  });
  const auto before = steady_clock::now();
  const std::vector<News> news = reader->wait_for_news(before + 10s);
  speaker.join();
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0].payload, "hello");
  EXPECT_LT(steady_clock::now() - before, 5s);
}

TEST_F(PostgresSessionTest, WaitingForNewsEndsInTimeOnAStopAndWithTheConnection) {
  const auto reader = driver().open_reader(url, {});
  auto before = steady_clock::now();
  EXPECT_TRUE(reader->wait_for_news(before + 50ms).empty());
  EXPECT_GE(steady_clock::now() - before, 50ms);

  std::stop_source stop;
  reader->limit_to(kNever, stop.get_token());
  std::thread stopper([&] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  before = steady_clock::now();
  EXPECT_TRUE(reader->wait_for_news(before + 10s).empty());
  EXPECT_LT(steady_clock::now() - before, 5s);
  stopper.join();

  reader->limit_to(kNever, {});
  std::thread killer([&] {
    std::this_thread::sleep_for(50ms);
    open()->execute(
        {"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
         "current_database() AND pid <> pg_backend_pid()"});
  });
  before = steady_clock::now();
  EXPECT_EQ(code_of_call([&] { reader->wait_for_news(before + 10s); }), ErrorCode::connection_lost);
  killer.join();
}

TEST_F(PostgresSessionTest, AMigratorsSettingsAreItsOwn) {
  const auto owner = open();
  const std::string alter = "ALTER DATABASE " + driver().quote_identifier(database);
  owner->execute({alter + " SET default_transaction_read_only = on"});
  owner->execute({alter + " SET statement_timeout = '5s'"});
  const auto session = open();
  session->become_migrator();
  const auto shown = [&](const std::string& name) {
    return session->execute({"SHOW " + name}).text(0, 0);
  };
  EXPECT_EQ(shown("statement_timeout"), "0");
  EXPECT_EQ(shown("client_connection_check_interval"), "500ms");
  EXPECT_EQ(shown("tcp_user_timeout"), "6000");
  EXPECT_EQ(shown("tcp_keepalives_idle"), "2");
  EXPECT_EQ(shown("idle_session_timeout"), "20s");
  EXPECT_EQ(shown("idle_in_transaction_session_timeout"), "20s");
  session->execute({"CREATE TABLE t (id int)"});
  EXPECT_EQ(value("SHOW idle_session_timeout"), "0");
}

TEST_F(PostgresSessionTest, AMigratorOverASocketIsFine) {
  const std::string directory =
      value("SELECT split_part(current_setting('unix_socket_directories'), ',', 1)");
  if (directory.empty()) FAIL() << "the test server must have a socket";
  const auto near = driver().parse(url_with({{"dbname", database}, {"host", directory}}));
  const auto session = driver().open_session(near, {});
  session->become_migrator();
  EXPECT_EQ(session->execute({"SHOW idle_session_timeout"}).text(0, 0), "20s");
}

TEST_F(PostgresSessionTest, ExecuteCommitsAndTellsWhatWasRefused) {
  const auto session = open();
  session->execute({"CREATE TABLE t (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)"});
  const Rows rows = session->execute({"INSERT INTO t VALUES ($1) RETURNING id", {"7"}});
  EXPECT_EQ(rows.text(0, 0), "7");
  EXPECT_EQ(value("SELECT count(*) FROM t"), "1");
  try {
    // The server says INSERT first, and only then that it could not commit.
    session->execute({"INSERT INTO t VALUES (7)"});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::statement_failed);
    EXPECT_EQ(error.server_code, "23505");
    EXPECT_EQ(error.statement, "INSERT INTO t VALUES (7)");
  }
  EXPECT_EQ(code_of_call([&] { session->execute({"SELECT * FROM nowhere"}); }),
            ErrorCode::no_table);
  EXPECT_EQ(session->execute({"SELECT 1"}).text(0, 0), "1");
}

TEST_F(PostgresSessionTest, AStatementWhoseAnswerIsLostIsOfUnknownOutcome) {
  ProxyProcess proxy;
  const auto near = driver().parse(url_with({{"dbname", database}, {"port", proxy.port}}));
  const auto session = driver().open_session(near, {});
  session->execute({"SELECT 1"});
  std::thread cutter([&] {
    std::this_thread::sleep_for(100ms);
    proxy.order("cut");
  });
  EXPECT_EQ(code_of_call([&] { session->execute({"SELECT pg_sleep(1)"}); }),
            ErrorCode::outcome_unknown);
  cutter.join();
  EXPECT_EQ(code_of_call([&] { session->execute({"SELECT 1"}); }), ErrorCode::connection_lost);
}

TEST_F(PostgresSessionTest, AServerThatFallsSilentIsLeftAtTheDeadline) {
  ProxyProcess proxy;
  const auto near = driver().parse(url_with({{"dbname", database}, {"port", proxy.port}}));
  const auto reader = driver().open_reader(near, {});
  proxy.order("freeze");
  const auto before = steady_clock::now();
  reader->limit_to(before + 300ms, {});
  const std::vector<Query> queries = {{"SELECT 1"}};
  EXPECT_EQ(code_of_call([&] { reader->read(queries); }), ErrorCode::timed_out);
  EXPECT_LT(steady_clock::now() - before, 800ms);
}

TEST_F(PostgresSessionTest, AnIndexIsBuiltConcurrentlyAndCopyRunsAlone) {
  const auto session = open();
  session->become_migrator();
  Memory memory;
  Script script = script_of("dir/20261122_x.sql",
                            {"SET search_path = other", "CREATE SCHEMA other",
                             "CREATE TABLE t (id int)", "CREATE INDEX CONCURRENTLY i ON t (id)"});
  add_copy(script, "COPY t FROM stdin", "1\n2\n");
  add_statement(script, "VACUUM t");
  for (const Statement& statement : script.statements) {
    session->run_alone(script, statement, {}, memory);
    // Statements of ours stand in between, and don't run with the script's settings.
    EXPECT_EQ(session->execute({"SHOW search_path"}).text(0, 0), "\"$user\", public");
  }
  EXPECT_EQ(value("SELECT count(*) FROM other.t"), "2");
  EXPECT_EQ(value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'other.i'::regclass"), "t");
  EXPECT_EQ(session->execute({"SHOW idle_session_timeout"}).text(0, 0), "20s");

  Script bad = script_of("b.sql", {"SELECT 1", "SELECT 1,\n oops"});
  try {
    session->run_alone(bad, bad.statements[1], {}, memory);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(to_string(error.place), "b.sql:3:2");
    EXPECT_EQ(error.code, ErrorCode::statement_failed);
    EXPECT_EQ(error.statement, "SELECT 1,\n oops");
  }
}

// The server refuses these inside of a transaction, and in a pipeline that has begun one.
TEST_F(PostgresSessionTest, BehindTrueGuardsRunsWhatNoTransactionTakes) {
  const auto session = open();
  session->become_migrator();
  session->execute({"CREATE TABLE t (id int)"});
  session->execute(
      {"CREATE PROCEDURE p() LANGUAGE plpgsql AS "
       "$$ BEGIN INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2); END $$"});
  const std::string other = database + "_other";
  const Script script =
      script_of("a.sql", {"SET search_path = public", "CREATE INDEX CONCURRENTLY i ON t (id)",
                          "REINDEX INDEX CONCURRENTLY i", "DROP INDEX CONCURRENTLY i", "VACUUM t",
                          "CALL p()", "DO $$ BEGIN DELETE FROM t; COMMIT; END $$", "CALL p()",
                          "CREATE DATABASE \"" + other + "\"", "DROP DATABASE \"" + other + "\""});
  const std::vector<Guard> guards{{"pg_try_advisory_lock(4)"}, {"$1::int = 3", {"3"}}};
  Memory memory;
  for (const Statement& statement : script.statements) {
    session->run_alone(script, statement, guards, memory);
  }
  EXPECT_EQ(value("SELECT sum(id) FROM t"), "3");
}

TEST_F(PostgresSessionTest, AStatementAloneIsNotExecutedWhereAGuardCannotBeAsked) {
  const auto holder = open();
  holder->execute({"CREATE TABLE epoch (id int)"});
  holder->execute({"INSERT INTO epoch VALUES (1)"});
  holder->execute({"BEGIN"});
  holder->execute({"UPDATE epoch SET id = 2"});
  const auto session = open();
  session->execute({"SET lock_timeout = '50ms'"});
  const Script script = script_of("a.sql", {"CREATE TABLE made (id int)"});
  const std::vector<Guard> guards{{"(SELECT id = 1 FROM epoch FOR UPDATE)"}};
  Memory memory;
  EXPECT_EQ(code_of_call([&] { session->run_alone(script, script.statements[0], guards, memory); }),
            ErrorCode::lock_timeout);
  EXPECT_EQ(value("SELECT to_regclass('made') IS NULL"), "t");
  holder->execute({"COMMIT"});
  EXPECT_EQ(code_of_call([&] { session->run_alone(script, script.statements[0], guards, memory); }),
            ErrorCode::fenced);
  EXPECT_EQ(value("SELECT to_regclass('made') IS NULL"), "t");
}

TEST_F(PostgresSessionTest, GuardsAreAskedAsTheMigratorAndNotAsTheScriptsRole) {
  const auto session = open();
  session->become_migrator();
  session->execute({"CREATE TABLE epoch (id int)"});
  const Script script =
      script_of("a.sql", {"SET ROLE pg_monitor", "SELECT 1 / (current_user = 'pg_monitor')::int"});
  const std::vector<Guard> guards{{"(SELECT count(*) = 0 FROM epoch)"}};
  Memory memory;
  session->run_alone(script, script.statements[1], guards, memory);
}

TEST_F(PostgresSessionTest, WhatAScriptSetsHoldsForItsLaterStatementsInANewSession) {
  open()->execute({"CREATE SCHEMA other"});
  const Script script =
      script_of("a.sql", {"SET search_path = other", "SET LOCAL search_path = nowhere",
                          "CREATE TABLE t (id int)", "CREATE INDEX CONCURRENTLY i ON t (id)"});
  Memory memory;
  Transaction making;
  making.script = &script;
  making.statement = 2;
  making.epilogue = {sql("CREATE TABLE record (id int)")};
  const auto first = open();
  first->become_migrator();
  const TransactionsResult result = first->run({&making, 1}, memory);
  ASSERT_FALSE(result.error) << result.error->message;
  EXPECT_EQ(first->execute({"SHOW search_path"}).text(0, 0), "\"$user\", public");
  EXPECT_EQ(value("SELECT to_regclass('other.t')::text || to_regclass('public.record')::text"),
            "other.trecord");

  const auto second = open();
  second->become_migrator();
  const std::vector<Query> queries{{"SHOW search_path"}, {"SELECT to_regclass('t')::text"}};
  const auto seen = second->read_as(script, script.statements[3], queries);
  EXPECT_EQ(std::get<Rows>(seen[0]).text(0, 0), "other");
  EXPECT_EQ(std::get<Rows>(seen[1]).text(0, 0), "t");
  EXPECT_EQ(second->execute({"SHOW search_path"}).text(0, 0), "\"$user\", public");

  const auto third = open();
  third->become_migrator();
  third->run_alone(script, script.statements[3], {}, memory);
  EXPECT_EQ(value("SELECT to_regclass('other.i')::text"), "other.i");
}

TEST_F(PostgresSessionTest, AStatementThatRunsAloneCanBeStopped) {
  const auto session = open();
  std::stop_source stop;
  session->limit_to(kNever, stop.get_token());
  std::thread stopper([&] {
    std::this_thread::sleep_for(100ms);
    stop.request_stop();
  });
  Memory memory;
  const Script script = script_of("a.sql", {"SELECT pg_sleep(60)"});
  EXPECT_EQ(code_of_call([&] { session->run_alone(script, script.statements[0], {}, memory); }),
            ErrorCode::interrupted);
  stopper.join();
}

TEST_F(PostgresSessionTest, ADatabaseIsMadeAndDroppedOnce) {
  const DatabaseUrl other = driver().parse(url_with({{"dbname", database + " \"2\""}}));
  EXPECT_EQ(code_of_call([&] { driver().open_reader(other, {}); }), ErrorCode::no_database);
  std::vector<std::thread> replicas;
  std::atomic<int> made{0};
  for (int i = 0; i < 5; ++i) {
    replicas.emplace_back(
        [&] { made += driver().create_database(other, {}) == Driver::Existed::no; });
  }
  for (std::thread& replica : replicas) replica.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(driver().create_database(other, {}), Driver::Existed::yes);

  const auto guest = driver().open_session(other, {});
  try {
    driver().drop_database(other, {}, Driver::Force::no);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::blocked);
    EXPECT_THAT(error.message, HasSubstr("being accessed"));
    EXPECT_THAT(error.hint, HasSubstr("--force"));
  }
  EXPECT_EQ(driver().drop_database(other, {}, Driver::Force::yes), Driver::Existed::yes);
  EXPECT_EQ(driver().drop_database(other, {}, Driver::Force::yes), Driver::Existed::no);
}

TEST_F(PostgresSessionTest, EachRefusalAtTheDoorHasItsCode) {
  const auto opening = [&](const ConnectionSettings& changes) {
    ConnectOptions options;
    options.deadline = steady_clock::now() + 5s;
    try {
      driver().open_reader(driver().parse(url_with(changes)), options);
    } catch (const Error& error) {
      EXPECT_THAT(error.message + error.hint + error.detail, Not(HasSubstr("s3cret")));
      return error.code;
    }
    return ErrorCode::internal;
  };
  EXPECT_EQ(opening({{"port", "1"}, {"password", "s3cret"}}), ErrorCode::unreachable);
  EXPECT_EQ(opening({{"host", "no-such-host.invalid"}, {"password", "s3cret"}}),
            ErrorCode::unreachable);
  EXPECT_EQ(opening({{"dbname", "no such database"}}), ErrorCode::no_database);
  EXPECT_EQ(opening({{"user", "nobody here"}, {"password", "s3cret"}}), ErrorCode::access_denied);
  EXPECT_EQ(opening({{"sslmode", "require"}}), ErrorCode::access_denied);
  EXPECT_EQ(opening({{"host", "/no/such/directory"}}), ErrorCode::unreachable);
}

/// A listener whose queue is full drops packets, which is what a black hole looks like.
TEST_F(PostgresSessionTest, ABlackHoleEndsAtTheDeadlineOrTheStop) {
  const int hole = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(hole, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(hole, 0), 0);
  ASSERT_EQ(getsockname(hole, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  const DatabaseUrl far = driver().parse("postgres://u@127.0.0.1:" + port + "/d");

  ConnectOptions options;
  options.deadline = steady_clock::now() + 200ms;
  EXPECT_EQ(code_of_call([&] { driver().open_reader(far, options); }), ErrorCode::unreachable);
  EXPECT_LT(steady_clock::now() - options.deadline, 500ms);

  std::stop_source stop;
  options.deadline = kNever;
  options.stop = stop.get_token();
  std::thread stopper([&] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  EXPECT_EQ(code_of_call([&] { driver().open_reader(far, options); }), ErrorCode::interrupted);
  stopper.join();
  close(hole);
}

}  // namespace
}  // namespace tidegate::postgres
