#include "drivers/postgres/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "drivers/all_drivers.h"
#include "tidegate/error.h"

namespace tidegate::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PostgresUrl : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name :
         {"PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE", "PGPASSWORD", "PGHOSTADDR"}) {
      unsetenv(name);
    }
  }
};

struct ShownCase {
  std::string text;
  std::string shown;
  std::string database;
};

TEST_F(PostgresUrl, IsShownWithoutItsPassword) {
  const std::vector<ShownCase> cases = {
      {"postgres://bob:s3cret@db.example:6432/app", "postgres://bob@db.example:6432/app", "app"},
      {"postgresql://bob@db/app?password=s3cret", "postgres://bob@db:5432/app", "app"},
      {"ecto://bob:s3cret@db/app", "postgres://bob@db:5432/app", "app"},
      {"postgres://bob@db/app?sslmode=require&user=eve", "postgres://eve@db:5432/app", "app"},
      {"postgres://bob:s3%40cret@db/my%20app", "postgres://bob@db:5432/my app", "my app"},
      {"postgres://bob@[::1]:5433/app", "postgres://bob@[::1]:5433/app", "app"},
      {"postgres://bob@a:1,b:2/app", "postgres://bob@a:1,b:2/app", "app"},
      {"postgres://bob@a,b:2/app", "postgres://bob@a,b:2/app", "app"},
      {"postgres://bob@%2Ftmp%2Fpg/app", "postgres://bob@/app?host=/tmp/pg", "app"},
      {"postgres://bob@/app?host=/tmp/pg", "postgres://bob@/app?host=/tmp/pg", "app"},
      {"host=db user=bob password='s3cret word' dbname=app", "postgres://bob@db:5432/app", "app"},
      {"user=bob host=db", "postgres://bob@db:5432/bob", "bob"},
      {"service=prod password=s3cret", "postgres://?service=prod", ""},
  };
  for (const ShownCase& c : cases) {
    SCOPED_TRACE(c.text);
    const DatabaseUrl url = parse(c.text);
    EXPECT_EQ(url.shown, c.shown);
    EXPECT_EQ(url.text, c.text);
    EXPECT_EQ(url.engine, "postgres");
    EXPECT_THAT(url.shown, Not(HasSubstr("s3cret")));
    if (!c.database.empty()) {
      EXPECT_EQ(url.database, c.database);
    }
  }
}

TEST_F(PostgresUrl, AloneMeansTheEnvironment) {
  setenv("PGHOST", "db", 1);
  setenv("PGPORT", "6000", 1);
  setenv("PGUSER", "bob", 1);
  setenv("PGDATABASE", "app", 1);
  setenv("PGPASSWORD", "s3cret", 1);
  const DatabaseUrl url = parse("postgres://");
  EXPECT_EQ(url.shown, "postgres://bob@db:6000/app");
  EXPECT_EQ(url.database, "app");
  SetUp();
}

struct RefusedCase {
  std::string text;
  std::string says;
};

TEST_F(PostgresUrl, IsRefusedWithThePartThatIsWrongAndNeverWithThePassword) {
  const std::vector<RefusedCase> cases = {
      {"postgres://bob:s3cret@db:99999/app", "port 99999"},
      {"postgres://bob:s3cret@db:0/app", "port 0"},
      {"postgres://bob:s3cret@db:-1/app", "port -1"},
      {"postgres://bob:s3cret@db:54x/app", "port is not a number"},
      {"postgres://bob:s3cret@a:1,b:x/app", "port is not a number"},
      {"postgres://bob:s3cret@db/app?sslmod=require", "unknown parameter 'sslmod'"},
      {"postgres://bob:s3cret@db/app?sslmode=requir", "sslmode"},
      {"postgres://bob:s3%zzcret@db/app", "'%'"},
      {"postgres://bob:s3%00cret@db/app", "'%'"},
      {"postgres://bob:s3@cret@db/app", "'@' too many"},
      {"postgres://bob:s3/cret@db/app", "'@' too many"},
      {"postgres://bob:s3cret@[::1/app", "IPv6"},
      {"postgres:bob", "'//'"},
      {"host=db password=s3cret two words", "without '='"},
      {"host=db password=s3cret colour=blue", "unknown keyword"},
      {"host=db dbnam=app", "unknown keyword 'dbnam'"},
      {"host=db password='s3cret", "quote"},
      {"host=db port=x", "port is not a number"},
      {"host=db target_session_attrs=master", "target_session_attrs"},
  };
  for (const RefusedCase& c : cases) {
    SCOPED_TRACE(c.text);
    try {
      parse(c.text);
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code, ErrorCode::usage);
      EXPECT_THAT(error.message, HasSubstr(c.says));
      EXPECT_FALSE(error.hint.empty());
      for (const std::string& text : {error.message, error.hint}) {
        EXPECT_THAT(text, Not(HasSubstr("s3")));
        EXPECT_THAT(text, Not(HasSubstr("cret")));
      }
    }
  }
}

TEST_F(PostgresUrl, IsRecognisedByItsForm) {
  for (const char* text : {"postgres://", "postgresql://h/d", "host=h", " dbname = d", "port=1",
                           "service=s", "user=u password=p", "postgres:"}) {
    EXPECT_TRUE(recognises(text)) << text;
  }
  for (const char* text : {"", "sqlite:app.db", "sqlite:app.db?mode=ro", "mysql://h/d", "app.db",
                           "host", "colour=blue", "=x", "postgresq://h"}) {
    EXPECT_FALSE(recognises(text)) << text;
  }
}

TEST_F(PostgresUrl, ANulByteIsRefused) {
  using namespace std::string_view_literals;
  EXPECT_THROW(parse("postgres://h/d\0x"sv), Error);
}

TEST(AllDrivers, KnowADriverByItsUrl) {
  EXPECT_EQ(driver_for("postgres://h/d").name(), "postgres");
  EXPECT_EQ(driver_for("host=h").name(), "postgres");
}

TEST(AllDrivers, NameTheSchemeAndTheKnownFormsButNoPassword) {
  try {
    driver_for("oracle://bob:s3cret@h/d");
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::usage);
    EXPECT_THAT(error.message, HasSubstr("'oracle:'"));
    EXPECT_THAT(error.hint, HasSubstr("postgres://"));
    EXPECT_THAT(error.message + error.hint, Not(HasSubstr("s3cret")));
  }
  for (const char* text : {"", "bob:s3cret", "s3cret"}) {
    try {
      driver_for(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_THAT(error.message, Not(HasSubstr("s3cret")));
      EXPECT_THAT(error.message, Not(HasSubstr("bob")));
    }
  }
}

}  // namespace
}  // namespace tidegate::postgres
