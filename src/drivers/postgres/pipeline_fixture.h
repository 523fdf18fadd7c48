#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "drivers/postgres/test_server.h"

namespace tidegate::postgres {

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
  void given(std::vector<std::string> statements) {
    if (padding_bytes > 0) {
      for (std::string& each : statements) each += "/*" + std::string(padding_bytes, 'x') + "*/";
    }
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
      EXPECT_THAT(memory.told, ::testing::Contains(fmt::format("committed {}", i)));
    }
    EXPECT_THAT(memory.told,
                ::testing::Not(::testing::Contains(fmt::format("committed {}", count))));
    EXPECT_THAT(memory.told,
                ::testing::Not(::testing::Contains(fmt::format("started {}", count + 1))));
  }

  /// What each statement is longer by, so that pieces end elsewhere.
  std::size_t padding_bytes = 0;
  std::unique_ptr<Session> session;
  std::vector<std::unique_ptr<Script>> scripts;
  std::vector<Transaction> transactions;
  Memory memory;
};

}  // namespace tidegate::postgres
