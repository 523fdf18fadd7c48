#include "tidegate/start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "support/temporary_folder.h"
#include "tidegate/code.h"
#include "tidegate/embedded.h"
#include "tidegate/line_reporter.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr EmbeddedFile kFiles[] = {
    {"migrations/1_users.sql", "CREATE TABLE users (name TEXT);\n"},
    {"migrations/1_users.down.sql", "DROP TABLE users;\n"},
    {"migrations/3_orders.sql", "CREATE TABLE orders (id INTEGER);\n"},
};
constexpr EmbeddedFolder kFolder = {"migrations", "native", kFiles};

class AtStart : public ::testing::Test {
 protected:
  AtStart() : database_{.url = "sqlite:" + folder_.path() + "/a.db"} {
    Database(database_, *reporter_, system_clock()).create();
  }

  Error error_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const Error& error) {
      return error;
    }
    return Error(ErrorCode::internal, "nothing was thrown");
  }

  TemporaryFolder folder_;
  std::string log_;
  std::unique_ptr<Reporter> reporter_ =
      make_line_reporter([this](std::string_view lines) { log_ += lines; });
  DatabaseSettings database_;
};

TEST_F(AtStart, AppliesWhatIsEmbeddedAndWhatIsCodeInOneOrder) {
  LoadedFolder build = load_embedded(kFolder);
  ASSERT_TRUE(build.usable());
  EXPECT_TRUE(build.set.migrations[0].down);
  add_code(build.set, {{Version("2"), "first_user", [](Work& work) {
                          work.execute({"INSERT INTO users VALUES ($1)", {"Ada"}});
                        }}});
  const MigrateReport report = migrate_at_start(database_, build, {.reporter = reporter_.get()});
  ASSERT_EQ(report.applied.size(), 3U);
  EXPECT_EQ(report.applied[1].name, "first_user");
  EXPECT_THAT(log_, HasSubstr("applied 3 migrations"));
  EXPECT_EQ(migrate_at_start(database_, build).outcome, Outcome::nothing_to_do);
  EXPECT_TRUE(is_open(wait_at_start(database_, build).verdict));
}

TEST_F(AtStart, ThrowsWhatAMigrationFailedWith) {
  LoadedFolder build = load_embedded(kFolder);
  add_code(build.set, {{Version("2"), "prices",
                        [](Work& work) { work.execute({"INSERT INTO prices VALUES (1)"}); }}});
  const Error error = error_of([&] { migrate_at_start(database_, build); });
  EXPECT_EQ(error.code, ErrorCode::statement_failed);
  EXPECT_EQ(to_string(error.place), "2_prices (C++)");
  EXPECT_EQ(error_of([&] { wait_at_start(database_, build); }).code, ErrorCode::statement_failed);
}

TEST_F(AtStart, ThrowsWhatIsWrongWithAFileBeforeAnythingIsSent) {
  constexpr EmbeddedFile kBad[] = {{"1_a.sql", "CREATE TABLE a (x TEXT);"}, {"2_b.sql", "COMMIT;"}};
  const LoadedFolder build = load_embedded({"migrations", "native", kBad});
  const Error error = error_of([&] { migrate_at_start(database_, build); });
  EXPECT_EQ(error.code, ErrorCode::usage);
  EXPECT_EQ(to_string(error.place), "2_b.sql:1:1");
  EXPECT_EQ(Database(database_, *reporter_, system_clock()).status(build.set).state.verdict,
            Verdict::no_history);
}

TEST_F(AtStart, ItsTimeEndsAStatementAndLeavesNothing) {
  LoadedFolder build = load_embedded(kFolder);
  add_code(build.set, {{Version("4"), "slow", [](Work& work) {
                          work.execute(
                              {"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                               "FROM n) SELECT count(*) FROM n"});
                        }}});
  const Error error = error_of([&] { migrate_at_start(database_, build, {.timeout = 300ms}); });
  EXPECT_EQ(error.code, ErrorCode::timed_out) << error.message;
  const GateState state = Database(database_, *reporter_, system_clock()).status(build.set).state;
  EXPECT_EQ(state.recorded_count, 2U);
}

TEST_F(AtStart, WaitingTellsWhatWasSeenWhenItsTimeIsUp) {
  const Error error =
      error_of([&] { wait_at_start(database_, load_embedded(kFolder), {.timeout = 100ms}); });
  EXPECT_EQ(error.code, ErrorCode::timed_out);
  EXPECT_THAT(error.message, HasSubstr("no_history"));
}

TEST_F(AtStart, S07_ManyAtOnceApplyEachOnce) {
  LoadedFolder build = load_embedded(kFolder);
  std::atomic<int> inserted = 0;
  add_code(build.set, {{Version("2"), "first_user", [&](Work& work) {
                          work.execute({"INSERT INTO users VALUES ('Ada')"});
                          ++inserted;
                        }}});
  std::vector<std::jthread> replicas;
  std::atomic<std::size_t> applied = 0;
  for (int replica = 0; replica < 6; ++replica) {
    replicas.emplace_back([&] { applied += migrate_at_start(database_, build).applied.size(); });
  }
  replicas.clear();
  EXPECT_EQ(applied, 3U);
  EXPECT_EQ(inserted, 1);
}

}  // namespace
}  // namespace tidegate
