#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "conformance/subject.h"

namespace tidegate::conformance {

using namespace std::chrono_literals;

/// Keeps what it hears, one line each: `start 0`, `statement 0 1`, `commit 0`.
class Heard : public TransactionListener {
 public:
  void transaction_started(std::size_t transaction) override {
    lines.push_back("start " + std::to_string(transaction));
  }
  void statement_started(std::size_t transaction, std::size_t statement) override {
    lines.push_back("statement " + std::to_string(transaction) + " " + std::to_string(statement));
    ++statement_count;
  }
  void committed(std::size_t transaction, std::chrono::microseconds) override {
    lines.push_back("commit " + std::to_string(transaction));
  }
  void notice(std::string_view, std::string_view) override {}

  std::vector<std::string> lines;
  std::atomic<std::size_t> statement_count{0};
};

/// A script as a file would give it: one statement a line, with what the splitter finds.
inline Script script_of(const std::vector<std::string>& statements,
                        const std::string& file = "1_a.sql") {
  Script script;
  script.file = file;
  script.text = "-- a comment\n";
  std::uint32_t line = 2;
  for (const std::string& text : statements) {
    Statement statement;
    statement.offset = script.text.size() + 2;
    statement.size_bytes = text.size();
    statement.line = line++;
    statement.column = 3;
    script.statements.push_back(statement);
    script.text += "  " + text + ";\n";
  }
  return script;
}

inline Transaction transaction_of(const Script& script) {
  Transaction transaction;
  transaction.script = &script;
  return transaction;
}

inline ConnectOptions stopped_by(const std::stop_source& stop) {
  ConnectOptions options;
  options.stop = stop.get_token();
  return options;
}

/// What `work` threw; a test fails when it didn't.
inline Error error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {ErrorCode::internal, "nothing was thrown"};
}

/// A driver with an empty database of its own.
class Conformance : public ::testing::TestWithParam<ConformanceSubject> {
 protected:
  Conformance() : url_(driver().parse(subject().new_url())) { driver().create_database(url_, {}); }
  ~Conformance() override {
    try {
      driver().drop_database(url_, {}, Driver::Force::yes);
    } catch (const Error& error) {
      ADD_FAILURE() << error.message;
    }
  }

  static const ConformanceSubject& subject() { return GetParam(); }
  static const Driver& driver() { return *subject().driver; }

  std::unique_ptr<Reader> reader(const ConnectOptions& options = {}) const {
    return driver().open_reader(url_, options);
  }
  std::unique_ptr<Session> session(const ConnectOptions& options = {}) const {
    return driver().open_session(url_, options);
  }

  static ReadResult read(Reader& reader, const Query& query) {
    const std::vector<Query> queries{query};
    std::vector<ReadResult> results = reader.read(queries);
    EXPECT_EQ(results.size(), 1U);
    return results.at(0);
  }
  /// The first value of an answer, or the error's words.
  static std::string value(Reader& reader, const Query& query) {
    const ReadResult result = read(reader, query);
    if (const auto* error = std::get_if<Error>(&result)) return error->message;
    const Rows& rows = std::get<Rows>(result);
    return rows.empty() ? "no row" : rows.text(0, 0);
  }
  std::string value(const Query& query) const { return value(*reader(), query); }

  bool has_table(const std::string& name) const {
    const auto looking = reader();
    const ReadResult result = read(*looking, {"SELECT 1 FROM " + name});
    const auto* error = std::get_if<Error>(&result);
    if (error != nullptr) {
      EXPECT_EQ(error->code, ErrorCode::no_table) << error->message;
    }
    return error == nullptr;
  }

  /// A statement that makes something by that name, and is undone with its transaction.
  static std::string make(const std::string& name) {
    return subject().ddl == ConformanceSubject::Ddl::in_transactions
               ? "CREATE TABLE " + name + " (x INTEGER)"
               : "INSERT INTO made VALUES ('" + name + "')";
  }
  static std::string unmake(const std::string& name) {
    return subject().ddl == ConformanceSubject::Ddl::in_transactions
               ? "DROP TABLE " + name
               : "DELETE FROM made WHERE name = '" + name + "'";
  }
  bool is_made(const std::string& name) const {
    return subject().ddl == ConformanceSubject::Ddl::in_transactions
               ? has_table(name)
               : value({"SELECT count(*) FROM made WHERE name = $1", {name}}) == "1";
  }

  static TransactionsResult run_one(Session& session, const Transaction& transaction,
                                    TransactionListener& heard) {
    return session.run({&transaction, 1}, heard);
  }
  static TransactionsResult run_script(Session& session,
                                       const std::vector<std::string>& statements) {
    Heard heard;
    const Script script = script_of(statements);
    return run_one(session, transaction_of(script), heard);
  }
  /// That the session still does its work.
  static void expect_usable(Session& session) {
    static std::atomic<int> count{0};
    const std::string table = "usable_" + std::to_string(++count);
    session.execute({"CREATE TABLE " + table + " (a INTEGER)"});
    const TransactionsResult result = run_script(session, {"INSERT INTO " + table + " VALUES (1)"});
    EXPECT_EQ(result.committed_count, 1U);
    EXPECT_FALSE(result.error) << result.error->message;
    EXPECT_EQ(value(session, {"SELECT count(*) FROM " + table}), "1");
  }

  DatabaseUrl url_;
};

/// Does something when a moment has passed, in a thread of its own.
inline std::jthread soon(std::function<void()> work) {
  return std::jthread([work = std::move(work)] {
    std::this_thread::sleep_for(100ms);
    work();
  });
}

}  // namespace tidegate::conformance
