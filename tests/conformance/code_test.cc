// What code.h promises of a migration written in C++, for every driver.

#include "tidegate/code.h"

#include <functional>
#include <stdexcept>

#include "conformance/conformance.h"

namespace tidegate::conformance {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CodeConformance : public Conformance {
 protected:
  CodeConformance() {
    const auto migrating = session();
    migrating->execute({"CREATE TABLE history (version BIGINT PRIMARY KEY)"});
    migrating->execute({"CREATE TABLE t (a TEXT)"});
    migrating->execute({"CREATE TABLE made (name TEXT)"});
  }

  /// Runs SQL, then `code`, then SQL again, each with its record.
  TransactionsResult run(std::function<void(tidegate::Work&)> code) {
    const Script before = script_of({"INSERT INTO t VALUES ('before')"}, "1_before.sql");
    const Script after = script_of({"INSERT INTO t VALUES ('after')"}, "3_after.sql");
    Script between;
    between.file = "2_between (C++)";
    between.code = std::move(code);
    std::vector<Transaction> transactions = {transaction_of(before), transaction_of(between),
                                             transaction_of(after)};
    for (std::size_t k = 0; k < 3; ++k) {
      transactions[k].epilogue = {{"INSERT INTO history VALUES ($1)", {std::to_string(k + 1)}}};
    }
    const auto migrating = session();
    migrating->become_migrator();
    TransactionsResult result = migrating->run(transactions, heard_);
    if (!result.error) expect_usable(*migrating);
    return result;
  }

  std::string recorded() const { return value({"SELECT count(*) FROM history"}); }
  std::string rows() const { return value({"SELECT count(*) FROM t"}); }

  Heard heard_;
};

INSTANTIATE_TEST_SUITE_P(All, CodeConformance, ::testing::ValuesIn(subjects()),
                         [](const auto& row) { return row.param.name; });

/// Where a definition commits by itself, it would take what was done before it along.
TEST_P(CodeConformance, DefinesThingsWhereThatIsPartOfATransaction) {
  const bool commits = GetParam().ddl == ConformanceSubject::Ddl::commits_by_itself;
  const TransactionsResult result = run([](tidegate::Work& work) {
    work.execute({"INSERT INTO t VALUES ('code')"});
    work.execute({"CREATE TABLE by_code (a INTEGER)"});
  });
  ASSERT_EQ(result.error.has_value(), commits);
  EXPECT_EQ(recorded(), commits ? "1" : "3");
  EXPECT_EQ(rows(), commits ? "1" : "3");
  if (!commits) return;
  EXPECT_EQ(result.error->code, ErrorCode::statement_failed);
  EXPECT_THAT(result.error->message, HasSubstr("would end the transaction"));
  EXPECT_THAT(result.error->hint, HasSubstr("write it in SQL"));
}

TEST_P(CodeConformance, RunsBetweenScriptsAndSeesWhatTheyDid) {
  std::string seen;
  const TransactionsResult result = run([&](tidegate::Work& work) {
    seen = work.execute({"SELECT a FROM t"}).text(0, 0);
    work.execute({make("it")});
    for (const char* value : {"one", "two"}) {
      work.execute({"INSERT INTO t VALUES ($1)", {std::string(value)}});
    }
  });
  ASSERT_FALSE(result.error) << result.error->message;
  EXPECT_EQ(seen, "before");
  EXPECT_EQ(recorded(), "3");
  EXPECT_EQ(rows(), "4");
  EXPECT_TRUE(is_made("it"));
  EXPECT_THAT(heard_.lines,
              ElementsAre("start 0", "statement 0 0", "commit 0", "start 1", "statement 1 0",
                          "commit 1", "start 2", "statement 2 0", "commit 2"));
}

TEST_P(CodeConformance, AnExceptionUndoesAllOfItAndEndsTheRun) {
  const TransactionsResult result = run([](tidegate::Work& work) {
    work.execute({make("it")});
    throw std::runtime_error("the price list is not to be had");
  });
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.committed_count, 1U);
  EXPECT_EQ(result.error->code, ErrorCode::statement_failed);
  EXPECT_EQ(result.error->message, "the price list is not to be had");
  EXPECT_EQ(to_string(result.error->place), "2_between (C++)");
  EXPECT_EQ(recorded(), "1");
  EXPECT_FALSE(is_made("it"));
}

TEST_P(CodeConformance, ARefusedStatementFailsItWithTheServersWords) {
  const TransactionsResult result =
      run([](tidegate::Work& work) { work.execute({"INSERT INTO absent VALUES (1)"}); });
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->statement, "INSERT INTO absent VALUES (1)");
  EXPECT_THAT(result.error->message, HasSubstr("absent"));
  EXPECT_FALSE(result.error->server_code.empty());
  EXPECT_EQ(recorded(), "1");
}

TEST_P(CodeConformance, ARefusalThatIsCaughtLeavesAllOfItOrNothing) {
  const std::string absent = "INSERT INTO absent VALUES (1)";
  const TransactionsResult result = run([&](tidegate::Work& work) {
    for (const std::string& statement : {std::string("INSERT INTO t VALUES ('code')"), absent,
                                         std::string("INSERT INTO t VALUES ('late')")}) {
      try {
        work.execute({statement});
      } catch (const Error&) {
        // As one would that wants to see whether a table is there.
      }
    }
  });
  EXPECT_EQ(rows(), result.error ? "1" : "4");
  EXPECT_EQ(recorded(), result.error ? "1" : "3");
  if (result.error) {
    EXPECT_EQ(result.error->statement, absent);
  }
}

TEST_P(CodeConformance, WhatWouldEndTheTransactionIsRefused) {
  for (const char* statement : {"COMMIT", "ROLLBACK"}) {
    const TransactionsResult result = run([&](tidegate::Work& work) {
      work.execute({make("it")});
      work.execute({statement});
    });
    ASSERT_TRUE(result.error) << statement;
    EXPECT_FALSE(is_made("it")) << statement;
    EXPECT_EQ(recorded(), "1") << statement;
    session()->execute({"DELETE FROM history"});
  }
}

TEST_P(CodeConformance, AStatementAtATime) {
  const TransactionsResult result =
      run([](tidegate::Work& work) { work.execute({"SELECT 1; SELECT 2"}); });
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->code, ErrorCode::statement_failed);
}

TEST_P(CodeConformance, OneThatIsAloneIsCommittedToo) {
  Script alone;
  alone.file = "1_alone (C++)";
  alone.code = [](tidegate::Work& work) { work.execute({"INSERT INTO t VALUES ('x')"}); };
  Transaction transaction = transaction_of(alone);
  transaction.guards = {{"EXISTS (SELECT 1 FROM history)"}};
  const auto migrating = session();
  TransactionsResult result = migrating->run({&transaction, 1}, heard_);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->code, ErrorCode::fenced);
  EXPECT_EQ(rows(), "0");
  transaction.guards.clear();
  result = migrating->run({&transaction, 1}, heard_);
  ASSERT_FALSE(result.error) << result.error->message;
  EXPECT_EQ(rows(), "1");
}

}  // namespace
}  // namespace tidegate::conformance
