// What session.h promises of a Reader, for every driver, and of a Session as a Reader.

#include "conformance/conformance.h"

namespace tidegate::conformance {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class ReaderConformance : public Conformance {
 protected:
  /// A reader, and a session used as one.
  std::vector<std::unique_ptr<Reader>> readers() const {
    std::vector<std::unique_ptr<Reader>> readers;
    readers.push_back(reader());
    readers.push_back(session());
    return readers;
  }

  static std::string cast(const std::string& expression) {
    return "SELECT CAST(" + expression + " AS " + subject().text_type + ")";
  }
  /// One text of the parameters of those numbers.
  static std::string joined(const std::vector<int>& numbers) {
    std::vector<std::string> expressions;
    for (const int number : numbers) {
      expressions.push_back("CAST($" + std::to_string(number) + " AS " + subject().text_type + ")");
    }
    return "SELECT " + subject().joined(expressions);
  }
};

INSTANTIATE_TEST_SUITE_P(All, ReaderConformance, ::testing::ValuesIn(subjects()),
                         [](const auto& row) { return row.param.name; });

TEST_P(ReaderConformance, ReadsAnswerInOrderAndDoNotDependOnEachOther) {
  session()->execute({"CREATE TABLE t (a INTEGER)"});
  const std::vector<Query> queries{{"SELECT 1"},
                                   {"SELECT a FROM absent"},
                                   {"SELECT absent FROM t"},
                                   {"SELEC 1"},
                                   {"SELECT 2, 3"}};
  for (const auto& looking : readers()) {
    const std::vector<ReadResult> results = looking->read(queries);
    ASSERT_THAT(results, SizeIs(queries.size()));
    EXPECT_EQ(std::get<Rows>(results[0]).text(0, 0), "1");
    EXPECT_EQ(std::get<Error>(results[1]).code, ErrorCode::no_table);
    EXPECT_EQ(std::get<Error>(results[2]).code, ErrorCode::foreign_table);
    EXPECT_EQ(std::get<Error>(results[3]).code, ErrorCode::statement_failed);
    EXPECT_EQ(std::get<Error>(results[3]).server_code, subject().syntax_error_code);
    EXPECT_EQ(std::get<Error>(results[3]).statement, "SELEC 1");
    EXPECT_EQ(std::get<Rows>(results[4]).text(0, 1), "3");
  }
}

TEST_P(ReaderConformance, NoReadHasNoAnswer) {
  for (const auto& looking : readers()) EXPECT_THAT(looking->read({}), IsEmpty());
}

TEST_P(ReaderConformance, RowsHaveTheirValuesAsText) {
  const auto migrating = session();
  migrating->execute({"CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)"});
  migrating->execute({"INSERT INTO t VALUES (1, 'one'), (2, NULL), (3, '')"});
  for (const auto& looking : readers()) {
    const Rows rows = std::get<Rows>(read(*looking, {"SELECT a, b FROM t ORDER BY a"}));
    EXPECT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows.column_count(), 2U);
    EXPECT_EQ(rows.at(0, 0), "1");
    EXPECT_EQ(rows.at(0, 1), "one");
    EXPECT_EQ(rows.at(1, 1), std::nullopt);
    EXPECT_EQ(rows.at(2, 1), "");
    EXPECT_TRUE(std::get<Rows>(read(*looking, {"SELECT a FROM t WHERE a > 3"})).empty());
  }
}

TEST_P(ReaderConformance, ParametersArriveAsTheyAre) {
  const std::vector<Parameter> values{std::nullopt,
                                      "",
                                      "it's \"quoted\" \\ $1 ; -- no comment",
                                      "caf\xC3\xA9 \xF0\x9F\x8C\x8A",
                                      "line\nline\r\n\ttab",
                                      std::string(1'000'000, 'x')};
  for (const auto& looking : readers()) {
    for (const Parameter& sent : values) {
      const Rows rows = std::get<Rows>(read(*looking, {cast("$1"), {sent}}));
      EXPECT_EQ(rows.at(0, 0), sent);
    }
  }
}

TEST_P(ReaderConformance, ParametersGoByTheirNumber) {
  for (const auto& looking : readers()) {
    EXPECT_EQ(value(*looking, {joined({2, 1, 2}), {"a", "b"}}), "bab");
    EXPECT_EQ(value(*looking, {joined({10, 1, 2, 3, 4, 5, 6, 7, 8, 9}),
                               {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}}),
              "10123456789");
  }
}

TEST_P(ReaderConformance, ANumberMayBeComparedWithAParameter) {
  const auto migrating = session();
  migrating->execute({"CREATE TABLE t (a BIGINT PRIMARY KEY)"});
  migrating->execute({"INSERT INTO t VALUES ($1)", {"20261122120000"}});
  EXPECT_EQ(value({"SELECT count(*) FROM t WHERE a = $1", {"20261122120000"}}), "1");
  EXPECT_EQ(value({"SELECT count(*) FROM t WHERE a = 20261122120000"}), "1");
}

TEST_P(ReaderConformance, EachReadSeesWhatIsCommittedByThen) {
  const auto migrating = session();
  migrating->execute({"CREATE TABLE t (a INTEGER)"});
  const auto looking = readers();
  for (int count = 1; count <= 3; ++count) {
    migrating->execute({"INSERT INTO t VALUES (1)"});
    for (const auto& each : looking) {
      EXPECT_EQ(value(*each, {"SELECT count(*) FROM t"}), std::to_string(count));
    }
  }
}

TEST_P(ReaderConformance, BetweenReadsNothingIsHeld) {
  const auto migrating = session();
  migrating->execute({"CREATE TABLE t (a INTEGER)"});
  const auto looking = readers();
  for (const auto& each : looking) EXPECT_EQ(value(*each, {"SELECT count(*) FROM t"}), "0");
  EXPECT_NO_THROW(migrating->execute({"DROP TABLE t"}));
}

TEST_P(ReaderConformance, ADeadlineIsKept) {
  for (const auto& looking : readers()) {
    const TimePoint deadline = std::chrono::steady_clock::now() + 200ms;
    looking->limit_to(deadline, {});
    EXPECT_EQ(error_of([&] { read(*looking, {subject().slow_statement}); }).code,
              ErrorCode::timed_out);
    EXPECT_GE(std::chrono::steady_clock::now(), deadline);
  }
}

TEST_P(ReaderConformance, AStopEndsAReadAndLeavesTheReaderUsable) {
  for (const auto& looking : readers()) {
    std::stop_source stop;
    looking->limit_to(kNever, stop.get_token());
    const auto stopping = soon([&] { stop.request_stop(); });
    EXPECT_EQ(error_of([&] { read(*looking, {subject().slow_statement}); }).code,
              ErrorCode::interrupted);
    EXPECT_EQ(error_of([&] { read(*looking, {"SELECT 1"}); }).code, ErrorCode::interrupted);
    looking->limit_to(kNever, {});
    EXPECT_EQ(value(*looking, {"SELECT 1"}), "1");
  }
}

TEST_P(ReaderConformance, NewsWakesAWaiter) {
  if (!subject().announcement) return;  // an engine without news
  const std::string topic = "Topic \"with\" quotes";
  const auto looking = reader();
  looking->subscribe(topic);
  const auto announcing = soon([&] { session()->execute(subject().announcement(topic)); });
  EXPECT_THAT(looking->wait_for_news(std::chrono::steady_clock::now() + 1h), SizeIs(1));
}

TEST_P(ReaderConformance, NewsThatCameBeforeTheSleepIsNotLost) {
  if (!subject().announcement) return;  // an engine without news
  const auto waiting = session();
  waiting->subscribe("topic");
  session()->execute(subject().announcement("topic"));
  EXPECT_THAT(waiting->wait_for_news(std::chrono::steady_clock::now() + 1h), SizeIs(1));
  EXPECT_EQ(value(*waiting, {"SELECT 1"}), "1");
}

TEST_P(ReaderConformance, WithoutNewsItSleepsItsTimeOut) {
  for (const auto& looking : readers()) {
    looking->subscribe("topic");
    const TimePoint until = std::chrono::steady_clock::now() + 200ms;
    while (std::chrono::steady_clock::now() < until) {
      EXPECT_THAT(looking->wait_for_news(until), IsEmpty());
    }
    EXPECT_EQ(value(*looking, {"SELECT 1"}), "1");
  }
}

TEST_P(ReaderConformance, ASleepEndsAtTheLimitAndAtTheStop) {
  for (const auto& looking : readers()) {
    looking->subscribe("topic");
    const TimePoint deadline = std::chrono::steady_clock::now() + 200ms;
    looking->limit_to(deadline, {});
    while (std::chrono::steady_clock::now() < deadline) looking->wait_for_news(kNever);

    std::stop_source stop;
    looking->limit_to(kNever, stop.get_token());
    const auto stopping = soon([&] { stop.request_stop(); });
    while (!stop.stop_requested()) EXPECT_THAT(looking->wait_for_news(kNever), IsEmpty());
  }
}

TEST_P(ReaderConformance, AConnectionThatIsGoneIsNoticed) {
  if (!subject().end_other_sessions) return;  // an engine without connections
  const auto asleep = reader();
  const auto reading = reader();
  asleep->subscribe("topic");
  const auto killing = soon([&] { session()->execute(*subject().end_other_sessions); });
  EXPECT_EQ(error_of([&] { read(*reading, {subject().slow_statement}); }).code,
            ErrorCode::connection_lost);
  EXPECT_EQ(error_of([&] {
              while (true) asleep->wait_for_news(std::chrono::steady_clock::now() + 1h);
            }).code,
            ErrorCode::connection_lost);
}

}  // namespace
}  // namespace tidegate::conformance
