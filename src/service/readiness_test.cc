#include "tidegate/readiness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <thread>

#include "service/page_text.h"
#include "service/silent.h"
#include "support/temporary_folder.h"
#include "tidegate/development_page.h"
#include "tidegate/embedded.h"
#include "tidegate/start.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr EmbeddedFile kFiles[] = {{"migrations/1_users.sql", "CREATE TABLE users (name TEXT);\n"}};
constexpr EmbeddedFolder kFolder = {"migrations", "native", kFiles};

class ReadinessTest : public ::testing::Test {
 protected:
  ReadinessTest() : database_{.url = "sqlite:" + path()} {
    Database(database_, nobody_, system_clock()).create();
  }

  std::string path() const { return folder_.path() + "/a.db"; }

  /// Until `condition` holds; the test's own limit ends it otherwise.
  template <typename Condition>
  static void until(const Condition& condition) {
    while (!condition()) std::this_thread::sleep_for(2ms);
  }

  const TemporaryFolder folder_;
  Silent nobody_;
  DatabaseSettings database_;
  const LoadedFolder build_ = load_embedded(kFolder);
};

TEST_F(ReadinessTest, IsNotReadyUntilItIs) {
  Readiness readiness(database_, build_.set, {.interval = 20ms});
  EXPECT_FALSE(readiness.ready());
  until([&] { return readiness.state().verdict == Verdict::no_history; });
  const HttpResponse shut = readiness.response();
  EXPECT_EQ(shut.status, 503);
  EXPECT_EQ(shut.content_type, "application/json");
  EXPECT_THAT(shut.body, HasSubstr(R"("ready":false,"verdict":"no_history")"));
  migrate_at_start(database_, build_);
  until([&] { return readiness.ready(); });
  EXPECT_EQ(readiness.response().status, 200);
  EXPECT_THAT(readiness.response().body, HasSubstr(R"("ready":true,"verdict":"open")"));
}

TEST_F(ReadinessTest, SeesARollback) {
  migrate_at_start(database_, build_);
  Readiness readiness(database_, build_.set, {.interval = 20ms, .recheck = 20ms});
  until([&] { return readiness.ready(); });
  LoadedFolder back = build_;
  back.set.migrations[0].down.emplace().text = "DROP TABLE users;";
  StartOptions options;
  options.migrate.policy = {.direction = Direction::down, .target = {Target::Kind::step, {}, 1}};
  migrate_at_start(database_, back, options);
  until([&] { return !readiness.ready(); });
  EXPECT_EQ(readiness.state().verdict, Verdict::pending);
}

TEST_F(ReadinessTest, SeesThatTheDatabaseIsGone) {
  migrate_at_start(database_, build_);
  Readiness readiness(database_, build_.set, {.interval = 20ms, .recheck = 20ms});
  until([&] { return readiness.ready(); });
  std::rename(path().c_str(), (path() + ".away").c_str());
  until([&] { return !readiness.ready(); });
  EXPECT_EQ(readiness.state().verdict, Verdict::no_database);
}

TEST_F(ReadinessTest, RefusesWrongSettingsAtOnce) {
  EXPECT_THROW(Readiness({.url = "nothing://"}, build_.set), Error);
}

constexpr std::string_view kBrowser = "text/html,application/xhtml+xml,*/*;q=0.8";

class DevelopmentPageTest : public ReadinessTest {
 protected:
  DevelopmentPageTest() {
    until([&] { return readiness_.state().verdict == Verdict::no_history; });
  }

  std::string token() {
    const std::string page = page_.answer({"GET", "/", "", kBrowser})->body;
    const std::string before = "name=\"token\" value=\"";
    const std::size_t start = page.find(before) + before.size();
    return page.substr(start, page.find('"', start) - start);
  }

  Readiness readiness_{database_, build_.set, {.interval = 20ms}};
  DevelopmentPage page_{database_, build_, readiness_};
};

TEST_F(DevelopmentPageTest, ListsWhatIsPendingInPlaceOfEveryPage) {
  for (const char* target : {"/", "/orders?x=1"}) {
    const auto answer = page_.answer({"GET", target, "", kBrowser});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 503);
    EXPECT_THAT(answer->body, HasSubstr("<td>1</td><td>users</td>"));
    EXPECT_THAT(answer->body, HasSubstr("Apply 1 migration<"));
  }
}

TEST_F(DevelopmentPageTest, IsForWhoeverTakesHtml) {
  EXPECT_FALSE(page_.answer({"GET", "/", ""}));
  EXPECT_FALSE(page_.answer({"GET", "/", "", "application/json"}));
}

TEST_F(DevelopmentPageTest, TheButtonAppliesThem) {
  const auto answer = page_.answer({"POST", DevelopmentPage::kMigratePath, "token=" + token()});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 303);
  EXPECT_TRUE(readiness_.ready());
  EXPECT_FALSE(page_.answer({"GET", "/", "", kBrowser}));
}

TEST_F(DevelopmentPageTest, AnotherSitesPageCannotPressIt) {
  std::string wrong = token();
  wrong[0] = wrong[0] == '0' ? '1' : '0';
  for (const std::string& body : {std::string(), "token=" + wrong, std::string("token=")}) {
    EXPECT_EQ(page_.answer({"POST", DevelopmentPage::kMigratePath, body})->status, 403);
  }
  readiness_.refresh();
  EXPECT_FALSE(readiness_.ready());
}

TEST(PageText, EscapesWhatItShowsAndSaysWhatWentWrong) {
  GateState state;
  state.verdict = Verdict::failed;
  state.reason = "<b>no</b>";
  const std::string page = page_text(state, {}, "abc", "a.sql:1:1: \"x\" & 'y'");
  EXPECT_THAT(page, HasSubstr("&lt;b&gt;no&lt;/b&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<b>")));
  EXPECT_THAT(page, HasSubstr("a.sql:1:1: &quot;x&quot; &amp; &#39;y&#39;"));
}

}  // namespace
}  // namespace tidegate
