// What driver.h promises, for every driver.

#include "conformance/conformance.h"

namespace tidegate::conformance {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DriverConformance : public Conformance {};

INSTANTIATE_TEST_SUITE_P(All, DriverConformance, ::testing::ValuesIn(subjects()),
                         [](const auto& row) { return row.param.name; });

TEST_P(DriverConformance, RecognisesItsUrls) {
  EXPECT_EQ(driver().name(), subject().name);
  EXPECT_TRUE(driver().recognises(url_.text));
  EXPECT_FALSE(driver().recognises("oracle://host/db"));
  EXPECT_EQ(url_.engine, subject().name);
  EXPECT_FALSE(url_.shown.empty());
  EXPECT_FALSE(url_.database.empty());
}

TEST_P(DriverConformance, RefusesAWrongUrlWithoutThePassword) {
  const Error error = error_of([] { driver().parse(subject().bad_url); });
  EXPECT_EQ(error.code, ErrorCode::usage);
  EXPECT_THAT(error.message + error.hint + error.detail, Not(HasSubstr("app:secret")));
}

TEST_P(DriverConformance, OpeningMakesNothing) {
  const DatabaseUrl absent = driver().parse(subject().new_url());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(error_of([&] { driver().open_reader(absent, {}); }).code, ErrorCode::no_database);
    EXPECT_EQ(error_of([&] { driver().open_session(absent, {}); }).code, ErrorCode::no_database);
  }
}

TEST_P(DriverConformance, CreatingAndDroppingMayBeSaidTwice) {
  const DatabaseUrl other = driver().parse(subject().new_url());
  EXPECT_EQ(driver().drop_database(other, {}, Driver::Force::no), Driver::Existed::no);
  EXPECT_EQ(driver().create_database(other, {}), Driver::Existed::no);
  EXPECT_EQ(driver().create_database(other, {}), Driver::Existed::yes);
  driver().open_session(other, {})->execute({"CREATE TABLE t (a INTEGER)"});
  EXPECT_EQ(driver().create_database(other, {}), Driver::Existed::yes);
  EXPECT_EQ(value(*driver().open_reader(other, {}), {"SELECT count(*) FROM t"}), "0");
  EXPECT_EQ(driver().drop_database(other, {}, Driver::Force::no), Driver::Existed::yes);
  EXPECT_EQ(driver().drop_database(other, {}, Driver::Force::no), Driver::Existed::no);
  EXPECT_EQ(error_of([&] { driver().open_reader(other, {}); }).code, ErrorCode::no_database);
}

TEST_P(DriverConformance, DroppingByForceEndsOtherSessions) {
  const DatabaseUrl other = driver().parse(subject().new_url());
  driver().create_database(other, {});
  const auto open = driver().open_session(other, {});
  EXPECT_EQ(value(*open, {"SELECT 1"}), "1");
  EXPECT_EQ(driver().drop_database(other, {}, Driver::Force::yes), Driver::Existed::yes);
  EXPECT_EQ(error_of([&] { driver().open_reader(other, {}); }).code, ErrorCode::no_database);
}

TEST_P(DriverConformance, QuotesAnyNameAsAnIdentifier) {
  const auto migrating = session();
  for (const std::string name : {"plain", "With Space", "quo\"te", "select", "semi;colon",
                                 "caf\xC3\xA9", "back\\slash", "'"}) {
    const std::string quoted = driver().quote_identifier(name);
    migrating->execute({"CREATE TABLE " + quoted + " (" + quoted + " INTEGER)"});
    migrating->execute({"INSERT INTO " + quoted + " VALUES (7)"});
    EXPECT_EQ(value(*migrating, {"SELECT " + quoted + " FROM " + quoted}), "7") << name;
  }
}

TEST_P(DriverConformance, AStopThatWasRequestedBeforeEndsTheOpening) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(error_of([&] { reader(stopped_by(stop)); }).code, ErrorCode::interrupted);
  EXPECT_EQ(error_of([&] { session(stopped_by(stop)); }).code, ErrorCode::interrupted);
}

TEST_P(DriverConformance, TheLimitsOfTheOpeningHoldForWhatFollows) {
  std::stop_source stop;
  const auto looking = reader(stopped_by(stop));
  const auto stopping = soon([&] { stop.request_stop(); });
  EXPECT_EQ(error_of([&] { read(*looking, {subject().slow_statement}); }).code,
            ErrorCode::interrupted);
}

TEST_P(DriverConformance, ManyMayBeOpenAtOnce) {
  std::vector<std::unique_ptr<Reader>> readers;
  const auto migrating = session();
  for (int count = 0; count < 10; ++count) readers.push_back(reader());
  migrating->execute({"CREATE TABLE t (a INTEGER)"});
  for (const auto& each : readers) EXPECT_EQ(value(*each, {"SELECT count(*) FROM t"}), "0");
}

}  // namespace
}  // namespace tidegate::conformance
