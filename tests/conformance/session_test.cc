// What session.h promises of a Session, for every driver.

#include "conformance/conformance.h"

namespace tidegate::conformance {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SessionConformance : public Conformance {
 protected:
  SessionConformance() {
    const auto migrating = session();
    migrating->execute({"CREATE TABLE history (version BIGINT PRIMARY KEY, name TEXT)"});
    migrating->execute({"CREATE TABLE t (a TEXT)"});
    migrating->execute({"CREATE TABLE made (name TEXT)"});
  }

  /// Transaction k makes `a_k` and `b_k` and records k, once.
  struct Work {
    std::vector<Script> scripts;
    std::vector<Transaction> transactions;

    explicit Work(std::size_t count) {
      for (std::size_t k = 0; k < count; ++k) {
        const std::string number = std::to_string(k);
        scripts.push_back(script_of({make("a_" + number), make("b_" + number)}, number + "_a.sql"));
      }
      for (std::size_t k = 0; k < count; ++k) {
        const std::string number = std::to_string(k);
        Transaction transaction = transaction_of(scripts[k]);
        transaction.label = number + " of many";
        transaction.guards = {{"NOT EXISTS (SELECT 1 FROM history WHERE version = $1)", {number}}};
        transaction.epilogue = {{"INSERT INTO history VALUES ($1, $2)", {number, std::nullopt}}};
        transactions.push_back(std::move(transaction));
      }
    }
  };

  /// That exactly the first `count` of `all` are there, with all their parts.
  void expect_committed(std::size_t count, std::size_t all) const {
    EXPECT_EQ(value({"SELECT count(*) FROM history"}), std::to_string(count));
    for (std::size_t k = 0; k < all; ++k) {
      EXPECT_EQ(is_made("a_" + std::to_string(k)), k < count) << k;
      EXPECT_EQ(is_made("b_" + std::to_string(k)), k < count) << k;
    }
  }

  /// What the listener hears of transactions that are committed, each by itself.
  static std::vector<std::string> lines_of(std::size_t count) {
    std::vector<std::string> lines;
    for (std::size_t k = 0; k < count; ++k) {
      const std::string number = std::to_string(k);
      lines.insert(lines.end(), {"start " + number, "statement " + number + " 0",
                                 "statement " + number + " 1", "commit " + number});
    }
    return lines;
  }

  Heard heard_;
  std::stop_source stop_;
};

INSTANTIATE_TEST_SUITE_P(All, SessionConformance, ::testing::ValuesIn(subjects()),
                         [](const auto& row) { return row.param.name; });

TEST_P(SessionConformance, ExecuteCommitsByItselfAndAnswers) {
  const auto migrating = session();
  EXPECT_TRUE(migrating->execute({"INSERT INTO t VALUES ($1)", {"one"}}).empty());
  EXPECT_EQ(value({"SELECT a FROM t"}), "one");
  EXPECT_EQ(migrating->execute({"INSERT INTO t VALUES ('two') RETURNING a"}).text(0, 0), "two");
}

TEST_P(SessionConformance, ExecuteThrowsWhatTheServerSays) {
  const auto migrating = session();
  const Error error = error_of([&] { migrating->execute({"SELEC 1"}); });
  EXPECT_EQ(error.code, ErrorCode::statement_failed);
  EXPECT_EQ(error.server_code, subject().syntax_error_code);
  EXPECT_EQ(error.statement, "SELEC 1");
  EXPECT_TRUE(error.session_usable());
  expect_usable(*migrating);
}

TEST_P(SessionConformance, TransactionsRunInOrderAndAreHeard) {
  Work work(3);
  const auto migrating = session();
  migrating->become_migrator();
  const TransactionsResult result = migrating->run(work.transactions, heard_);
  EXPECT_FALSE(result.error) << result.error->message;
  EXPECT_EQ(result.committed_count, 3U);
  expect_committed(3, 3);
  EXPECT_EQ(heard_.lines, lines_of(3));
}

TEST_P(SessionConformance, NoTransactionIsNothing) {
  const TransactionsResult result = session()->run({}, heard_);
  EXPECT_EQ(result.committed_count, 0U);
  EXPECT_FALSE(result.error);
  EXPECT_THAT(heard_.lines, IsEmpty());
}

TEST_P(SessionConformance, AScriptMayBeEmptyOrAbsent) {
  Script empty;
  empty.file = "1_empty.sql";
  Script comments;
  comments.file = "2_comments.sql";
  comments.text = "-- nothing\n/* at all */\n";
  std::vector<Transaction> transactions(3);
  transactions[0].script = &empty;
  transactions[1].script = &comments;
  for (std::size_t k = 0; k < 3; ++k) {
    transactions[k].epilogue = {
        {"INSERT INTO history VALUES ($1, 'no statement')", {std::to_string(k)}}};
  }
  const TransactionsResult result = session()->run(transactions, heard_);
  EXPECT_FALSE(result.error) << result.error->message;
  EXPECT_EQ(value({"SELECT count(*) FROM history"}), "3");
  EXPECT_THAT(heard_.lines,
              ElementsAre("start 0", "commit 0", "start 1", "commit 1", "start 2", "commit 2"));
}

TEST_P(SessionConformance, GuardsAndTheScriptComeBeforeTheEpilogue) {
  const Script script = script_of({"INSERT INTO t SELECT 'script'", "INSERT INTO t VALUES ('b')"});
  Transaction transaction = transaction_of(script);
  // A driver may ask the guards again after the script, which can do much to the session.
  transaction.guards = {{"(SELECT count(*) FROM history) = 0"}, {"1 = 1"}};
  transaction.epilogue = {{"INSERT INTO history SELECT count(*), 'rows' FROM t"},
                          {"INSERT INTO history SELECT max(version) + 1, 'then' FROM history"}};
  const TransactionsResult result = run_one(*session(), transaction, heard_);
  EXPECT_FALSE(result.error) << result.error->message << result.error->detail;
  EXPECT_EQ(value({"SELECT version FROM history WHERE name = 'rows'"}), "2");
  EXPECT_EQ(value({"SELECT version FROM history WHERE name = 'then'"}), "3");
}

TEST_P(SessionConformance, AGuardThatIsNotTrueFencesTheRun) {
  for (const std::string expression : {"1 = 0", "NULL", "(SELECT 1 = 1 WHERE 1 = 0)"}) {
    Work work(1);
    work.transactions[0].guards.push_back({expression});
    const auto migrating = session();
    const TransactionsResult result = migrating->run(work.transactions, heard_);
    EXPECT_EQ(result.committed_count, 0U) << expression;
    EXPECT_EQ(result.error->code, ErrorCode::fenced) << expression;
    expect_committed(0, 1);
    expect_usable(*migrating);
  }
}

TEST_P(SessionConformance, AGuardThatFailsOnTheWayStopsTheRunThere) {
  Work work(4);
  work.transactions[2].guards = {{"$1 = $2", {"one", "other"}}};
  const TransactionsResult result = session()->run(work.transactions, heard_);
  EXPECT_EQ(result.committed_count, 2U);
  EXPECT_EQ(result.error->code, ErrorCode::fenced);
  expect_committed(2, 4);
  const auto done = lines_of(2);
  ASSERT_GE(heard_.lines.size(), done.size());
  EXPECT_TRUE(std::equal(done.begin(), done.end(), heard_.lines.begin()));
}

TEST_P(SessionConformance, AGuardThatCannotBeAskedFails) {
  Work work(2);
  work.transactions[1].guards = {{"EXISTS (SELECT 1 FROM absent)"}};
  const auto migrating = session();
  const TransactionsResult result = migrating->run(work.transactions, heard_);
  EXPECT_EQ(result.committed_count, 1U);
  EXPECT_TRUE(result.error);
  expect_committed(1, 2);
  expect_usable(*migrating);
}

TEST_P(SessionConformance, AFailureAtAnyPlaceLeavesWhatWasBeforeAndNothingElse) {
  constexpr std::size_t kCount = 4;
  for (std::size_t bad = 0; bad < kCount; ++bad) {
    for (std::size_t statement = 0; statement < 3; ++statement) {
      Work work(kCount);
      std::vector<std::string> texts{make("a_9"), make("b_9")};
      texts.insert(texts.begin() + static_cast<std::ptrdiff_t>(statement),
                   "CRATE TABLE c (x INTEGER)");
      work.scripts[bad] = script_of(texts, "bad.sql");
      Heard heard;
      const auto migrating = session();
      const TransactionsResult result = migrating->run(work.transactions, heard);

      EXPECT_EQ(result.committed_count, bad);
      ASSERT_TRUE(result.error);
      EXPECT_EQ(result.error->code, ErrorCode::statement_failed);
      EXPECT_EQ(result.error->server_code, subject().syntax_error_code);
      EXPECT_EQ(result.error->place.file, "bad.sql");
      EXPECT_EQ(result.error->place.line, statement + 2);
      EXPECT_EQ(result.error->place.column, 3U);
      EXPECT_EQ(result.error->statement, "CRATE TABLE c (x INTEGER)");
      EXPECT_TRUE(result.error->session_usable());
      expect_committed(bad, kCount);
      EXPECT_FALSE(is_made("a_9"));
      EXPECT_FALSE(is_made("b_9"));
      expect_usable(*migrating);

      for (std::size_t k = 0; k < bad; ++k) {
        run_script(*migrating, {unmake("a_" + std::to_string(k)), unmake("b_" + std::to_string(k)),
                                "DELETE FROM history"});
      }
    }
  }
}

TEST_P(SessionConformance, AStatementThatFailsWhileItRunsHasItsPlace) {
  const TransactionsResult result = run_script(
      *session(), {"INSERT INTO history VALUES (1, 'a')", "INSERT INTO history VALUES (1, 'b')"});
  EXPECT_EQ(result.committed_count, 0U);
  EXPECT_EQ(result.error->server_code, subject().unique_violation_code);
  EXPECT_EQ(result.error->place.line, 3U);
  EXPECT_EQ(result.error->statement, "INSERT INTO history VALUES (1, 'b')");
  EXPECT_EQ(value({"SELECT count(*) FROM history"}), "0");
}

TEST_P(SessionConformance, AnEpilogueThatFailsUndoesTheScript) {
  for (std::size_t bad = 0; bad < 2; ++bad) {
    Work work(3);
    work.transactions[1].epilogue.insert(
        work.transactions[1].epilogue.begin() + static_cast<std::ptrdiff_t>(bad),
        {"INSERT INTO absent VALUES (1)"});
    const auto migrating = session();
    const TransactionsResult result = migrating->run(work.transactions, heard_);
    EXPECT_EQ(result.committed_count, 1U);
    EXPECT_TRUE(result.error);
    expect_committed(1, 3);
    run_script(*migrating, {unmake("a_0"), unmake("b_0"), "DELETE FROM history"});
  }
}

TEST_P(SessionConformance, WhatIsCommittedTogetherIsAllOrNothing) {
  Work work(4);
  for (const std::size_t k : {1U, 2U}) {
    work.transactions[k].commit = Transaction::Commit::with_next;
  }
  Work broken = work;
  broken.scripts[3] = script_of({"CRATE TABLE c (x INTEGER)"}, "bad.sql");
  for (std::size_t k = 0; k < 4; ++k) broken.transactions[k].script = &broken.scripts[k];
  const auto migrating = session();
  TransactionsResult result = migrating->run(broken.transactions, heard_);
  EXPECT_EQ(result.committed_count, 1U);
  EXPECT_EQ(result.error->place.file, "bad.sql");
  expect_committed(1, 4);

  for (std::size_t k = 0; k < 4; ++k) work.transactions[k].script = &work.scripts[k];
  Heard heard;
  result = migrating->run(std::span(work.transactions).subspan(1), heard);
  EXPECT_FALSE(result.error) << result.error->message;
  EXPECT_EQ(result.committed_count, 3U);
  expect_committed(4, 4);
  const std::vector<std::string> commits{"commit 0", "commit 1", "commit 2"};
  ASSERT_GE(heard.lines.size(), 3U);
  EXPECT_EQ(std::vector<std::string>(heard.lines.end() - 3, heard.lines.end()), commits);
}

TEST_P(SessionConformance, AStopUndoesTheTransactionAtWork) {
  Work work(3);
  work.scripts[1] = script_of({make("a_9"), subject().slow_statement});
  std::stop_source stop;
  const auto migrating = session(stopped_by(stop));
  const auto stopping = std::jthread([&] {
    while (heard_.statement_count < 4) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  const TransactionsResult result = migrating->run(work.transactions, heard_);
  EXPECT_EQ(result.committed_count, 1U);
  EXPECT_EQ(result.error->code, ErrorCode::interrupted);
  EXPECT_TRUE(result.error->session_usable());
  expect_committed(1, 3);
  EXPECT_FALSE(is_made("a_9"));
  migrating->limit_to(kNever, {});
  expect_usable(*migrating);
}

TEST_P(SessionConformance, ADeadlineUndoesTheTransactionAtWork) {
  Work work(2);
  work.scripts[1] = script_of({make("a_9"), subject().slow_statement});
  const auto migrating = session();
  const TimePoint deadline = std::chrono::steady_clock::now() + 1s;
  migrating->limit_to(deadline, {});
  const TransactionsResult result = migrating->run(work.transactions, heard_);
  EXPECT_EQ(result.committed_count, 1U);
  EXPECT_EQ(result.error->code, ErrorCode::timed_out);
  EXPECT_GE(std::chrono::steady_clock::now(), deadline);
  expect_committed(1, 2);
  EXPECT_FALSE(is_made("a_9"));
}

TEST_P(SessionConformance, AnothersLockIsWaitedForOnlySoLong) {
  const auto other = session(stopped_by(stop_));
  Heard others;
  std::jthread holding([&] {
    const Script script = script_of({subject().locking_statement, subject().slow_statement});
    run_one(*other, transaction_of(script), others);
  });
  while (others.statement_count < 2) std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(100ms);

  const Script script = script_of({subject().changing_statement});
  Transaction transaction = transaction_of(script);
  transaction.lock_timeout = 200ms;
  const auto migrating = session();
  TransactionsResult result = run_one(*migrating, transaction, heard_);
  EXPECT_EQ(result.committed_count, 0U);
  EXPECT_EQ(result.error->code, ErrorCode::lock_timeout);
  EXPECT_TRUE(result.error->session_usable());

  stop_.request_stop();
  holding.join();
  result = run_one(*migrating, transaction, heard_);
  EXPECT_FALSE(result.error) << result.error->message;
}

TEST_P(SessionConformance, ASettingDoesNotOutliveItsTransactionsTurn) {
  const auto migrating = session();
  migrating->become_migrator();
  EXPECT_EQ(value(*migrating, {subject().leak_read}), "0");
  const Script leaking = script_of({subject().leaking_statement});
  const Script looking = script_of({"INSERT INTO t " + subject().leak_read});
  const std::vector<Transaction> transactions{transaction_of(leaking), transaction_of(looking)};
  const TransactionsResult result = migrating->run(transactions, heard_);
  EXPECT_FALSE(result.error) << result.error->message;
  EXPECT_EQ(value({"SELECT a FROM t"}), "0");
  EXPECT_EQ(value(*migrating, {subject().leak_read}), "0");
}

TEST_P(SessionConformance, OneStatementOfAScriptIsCommittedWithItsEpilogue) {
  const Script script = script_of({"INSERT INTO t VALUES ('first')", "INSERT INTO t VALUES ('one')",
                                   "INSERT INTO nowhere VALUES ('last')"});
  Transaction transaction = transaction_of(script);
  transaction.statement = 1;
  transaction.epilogue = {{"INSERT INTO history VALUES (1, NULL)"}};
  const auto migrating = session();
  migrating->become_migrator();
  const TransactionsResult result = migrating->run({&transaction, 1}, heard_);
  EXPECT_FALSE(result.error) << result.error->message;
  EXPECT_EQ(value({"SELECT a FROM t"}), "one");
  EXPECT_EQ(value({"SELECT version FROM history"}), "1");

  transaction.statement = 2;
  transaction.epilogue = {{"INSERT INTO history VALUES (2, NULL)"}};
  const TransactionsResult refused = migrating->run({&transaction, 1}, heard_);
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->place.line, 4U);
  EXPECT_EQ(refused.error->statement, "INSERT INTO nowhere VALUES ('last')");
  EXPECT_EQ(value({"SELECT count(*) FROM history"}), "1");
  expect_usable(*migrating);
}

TEST_P(SessionConformance, AReadForAStatementIsARead) {
  const Script script = script_of({"INSERT INTO t VALUES ('one')", "INSERT INTO t VALUES ('two')"});
  const auto migrating = session();
  const std::vector<Query> queries{{"SELECT count(*) FROM t"}, {"SELECT a FROM nowhere"}};
  const auto results = migrating->read_as(script, script.statements[1], queries);
  EXPECT_EQ(std::get<Rows>(results[0]).text(0, 0), "0");
  EXPECT_EQ(std::get<Error>(results[1]).code, ErrorCode::no_table);
}

TEST_P(SessionConformance, AStatementRunsAloneOutsideAnyTransaction) {
  const Script script = script_of({subject().alone_statement, "CRATE TABLE c (x INTEGER)",
                                   "INSERT INTO t VALUES ('alone')", subject().leaking_statement});
  const auto migrating = session();
  EXPECT_TRUE(run_script(*migrating, {subject().alone_statement}).error);
  migrating->run_alone(script, script.statements[0], {}, heard_);
  const Error error =
      error_of([&] { migrating->run_alone(script, script.statements[1], {}, heard_); });
  EXPECT_EQ(error.code, ErrorCode::statement_failed);
  EXPECT_EQ(error.server_code, subject().syntax_error_code);
  EXPECT_EQ(error.place.file, "1_a.sql");
  EXPECT_EQ(error.place.line, 3U);
  EXPECT_EQ(error.statement, "CRATE TABLE c (x INTEGER)");
  migrating->run_alone(script, script.statements[2], {}, heard_);
  EXPECT_EQ(value({"SELECT a FROM t"}), "alone");
  migrating->run_alone(script, script.statements[3], {}, heard_);
  EXPECT_EQ(value(*migrating, {subject().leak_read}), "0");
  expect_usable(*migrating);
}

TEST_P(SessionConformance, S16_AStatementAloneIsNotExecutedWhereAGuardIsNotTrue) {
  const Script script = script_of({subject().alone_statement, "INSERT INTO t VALUES ('alone')"});
  const std::vector<Guard> both{{"1 = 1"}, {"EXISTS (SELECT 1 FROM t WHERE a = $1)", {"here"}}};
  const auto migrating = session();
  EXPECT_EQ(
      error_of([&] { migrating->run_alone(script, script.statements[1], both, heard_); }).code,
      ErrorCode::fenced);
  EXPECT_EQ(value({"SELECT count(*) FROM t"}), "0");
  migrating->execute({"INSERT INTO t VALUES ('here')"});
  migrating->run_alone(script, script.statements[0], both, heard_);
  migrating->run_alone(script, script.statements[1], both, heard_);
  EXPECT_EQ(value({"SELECT count(*) FROM t"}), "2");
  expect_usable(*migrating);
}

TEST_P(SessionConformance, NotesAreCommittedTogetherBeforeAStatementThatRunsAlone) {
  const Script script = script_of({subject().alone_statement, "CRATE TABLE c (x INTEGER)"});
  std::array<Transaction, 2> notes;
  notes[0].guards = {{"NOT EXISTS (SELECT 1 FROM history WHERE version = $1)", {"1"}}};
  notes[0].epilogue = {{"INSERT INTO history VALUES (1, NULL)"}};
  notes[0].commit = Transaction::Commit::with_next;
  notes[1].guards = {{"1 = 1"}};
  notes[1].epilogue = {{"INSERT INTO history VALUES (2, NULL)"}};
  const auto migrating = session();
  const auto error_at = [&](std::size_t statement) {
    return error_of([&] {
      migrating->note_and_run_alone(notes, script, script.statements[statement], heard_);
    });
  };

  const Error refused = error_at(1);
  EXPECT_EQ(refused.statement, "CRATE TABLE c (x INTEGER)");
  EXPECT_THAT(heard_.lines, testing::IsSupersetOf({"commit 0", "commit 1"}));
  EXPECT_EQ(value({"SELECT count(*) FROM history"}), "2");

  EXPECT_EQ(error_at(0).code, ErrorCode::fenced) << "behind what isn't noted nothing runs";
  EXPECT_EQ(value({"SELECT count(*) FROM history"}), "2");
  expect_usable(*migrating);
}

TEST_P(SessionConformance, AStopEndsAStatementThatRunsAlone) {
  const Script script = script_of({subject().slow_statement});
  std::stop_source stop;
  const auto migrating = session(stopped_by(stop));
  const auto stopping = soon([&] { stop.request_stop(); });
  EXPECT_EQ(error_of([&] { migrating->run_alone(script, script.statements[0], {}, heard_); }).code,
            ErrorCode::interrupted);
  migrating->limit_to(kNever, {});
  expect_usable(*migrating);
}

TEST_P(SessionConformance, AConnectionThatDiesUndoesTheTransactionAtWork) {
  if (!subject().end_other_sessions) return;  // an engine without connections
  Work work(3);
  work.scripts[1] = script_of({make("a_9"), subject().slow_statement});
  const auto migrating = session();
  const auto killing = std::jthread([&] {
    while (heard_.statement_count < 4) std::this_thread::sleep_for(1ms);
    session()->execute(*subject().end_other_sessions);
  });
  const TransactionsResult result = migrating->run(work.transactions, heard_);
  EXPECT_EQ(result.committed_count, 1U);
  EXPECT_EQ(result.error->code, ErrorCode::connection_lost);
  EXPECT_FALSE(result.error->session_usable());
  expect_committed(1, 3);
  EXPECT_FALSE(is_made("a_9"));
}

TEST_P(SessionConformance, AConnectionThatDiesInOneStatementLeavesItsOutcomeOpen) {
  if (!subject().end_other_sessions) return;  // an engine without connections
  const auto migrating = session();
  const auto killing = soon([&] { session()->execute(*subject().end_other_sessions); });
  const Error error = error_of([&] { migrating->execute({subject().slow_statement}); });
  EXPECT_TRUE(error.code == ErrorCode::connection_lost || error.code == ErrorCode::outcome_unknown);
  EXPECT_FALSE(error.session_usable());
}

TEST_P(SessionConformance, AThousandTransactionsAreOneRun) {
  std::vector<Script> scripts;
  for (int k = 0; k < 1000; ++k) scripts.push_back(script_of({"INSERT INTO t VALUES ('x')"}));
  std::vector<Transaction> transactions;
  for (const Script& script : scripts) {
    transactions.push_back(transaction_of(script));
    transactions.back().epilogue = {
        {"INSERT INTO history VALUES ($1, 'x')", {std::to_string(transactions.size())}}};
  }
  const TransactionsResult result = session()->run(transactions, heard_);
  EXPECT_FALSE(result.error) << result.error->message;
  EXPECT_EQ(result.committed_count, 1000U);
  EXPECT_EQ(value({"SELECT count(*) FROM t"}), "1000");
  EXPECT_EQ(value({"SELECT count(*) FROM history"}), "1000");
  EXPECT_EQ(heard_.lines.size(), 3000U);
}

TEST_P(SessionConformance, AScriptMayHaveAThousandStatements) {
  const TransactionsResult result =
      run_script(*session(), std::vector<std::string>(1000, "INSERT INTO t VALUES ('x')"));
  EXPECT_FALSE(result.error) << result.error->message;
  EXPECT_EQ(value({"SELECT count(*) FROM t"}), "1000");
}

}  // namespace
}  // namespace tidegate::conformance
