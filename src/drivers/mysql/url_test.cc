#include "drivers/mysql/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tidegate/error.h"

namespace tidegate::mysql {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Error refusal(std::string_view text) {
  try {
    parse(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::usage);
    return error;
  }
  ADD_FAILURE() << text << " was taken";
  return {ErrorCode::internal, ""};
}

TEST(MysqlUrl, HasManyParts) {
  const ConnectionSettings settings = settings_of(
      "mysql://ap%70:p%40ss%3aword@db1,db2:3307,[::1]:3308/sh%6fp?ssl-mode=REQUIRED&ssl_ca=/a%20b&"
      "connect-timeout=3");
  EXPECT_EQ(settings.user, "app");
  EXPECT_EQ(settings.password, "p@ss:word");
  EXPECT_EQ(settings.database, "shop");
  ASSERT_EQ(settings.hosts.size(), 3U);
  EXPECT_EQ(settings.hosts[0].name, "db1");
  EXPECT_FALSE(settings.hosts[0].port);
  EXPECT_EQ(settings.hosts[1].port, 3307);
  EXPECT_EQ(settings.hosts[2].name, "::1");
  EXPECT_EQ(settings.ssl_mode, SslMode::required);
  EXPECT_EQ(settings.ssl_ca, "/a b");
  EXPECT_EQ(settings.connect_timeout, std::chrono::seconds(3));
}

TEST(MysqlUrl, IsShownWithoutItsPassword) {
  EXPECT_EQ(parse("MariaDB://app:secret@db1:3306,[::1]/shop?ssl-mode=disabled").shown,
            "mariadb://app@db1:3306,[::1]/shop");
  EXPECT_EQ(parse("mysql:///?default-file=/etc/my.cnf&default-group=app").shown,
            "mysql:///?default-file=/etc/my.cnf&default-group=app");
  EXPECT_EQ(parse("mysql://localhost/shop?socket=/run/s").engine, "mysql");
}

TEST(MysqlUrl, TakesAnotherDatabase) {
  const std::string url =
      with_database("mysql://a:b@db1,db2:3307/shop?ssl-mode=disabled", "t_\xC3\xBC/?");
  EXPECT_EQ(url, "mysql://a:b@db1,db2:3307/t_%C3%BC%2F%3F?ssl-mode=disabled");
  EXPECT_EQ(settings_of(url).database, "t_\xC3\xBC/?");
  EXPECT_EQ(with_database("mysql://db1", "t"), "mysql://db1/t");
  EXPECT_EQ(with_database("mysql:///?default-group=app", "t"), "mysql:///t?default-group=app");
}

TEST(MysqlUrl, IsKnownByItsScheme) {
  EXPECT_TRUE(recognises("mysql://h/d"));
  EXPECT_TRUE(recognises("MARIADB://h/d"));
  EXPECT_FALSE(recognises("mysqlx://h/d"));
  EXPECT_FALSE(recognises("postgres://h/d"));
}

TEST(MysqlUrl, SaysWhatIsWrongAndNeverThePassword) {
  for (const auto& [text, words] : std::vector<std::pair<std::string, std::string>>{
           {"mysql:/h/d", "'//'"},
           {"mysql://app:secret@h", "no database"},
           {"mysql://app:secret@h:0/d", "port 0"},
           {"mysql://app:secret@h:70000/d", "port 70000"},
           {"mysql://app:sec/ret@h/d", "'@' too many"},
           {"mysql://app:sec@ret@h/d", "'@' too many"},
           {"mysql://app:sec?ret@h/d", ""},
           {"mysql://app:sec%ret@h/d", "hexadecimal"},
           {"mysql://app@h,/d", ""},
           {"mysql://app@h/d?ssl-mod=required", "unknown parameter 'ssl-mod'"},
           {"mysql://app@h/d?ssl-mode=maybe", "ssl-mode"},
           {"mysql://app@h/d?ssl-mode=verify_ca", "VERIFY_CA"},
           {"mysql://app@h/d?ssl-verify=perhaps", "ssl-verify"},
           {"mysql://app@h/d?connect-timeout=soon", "connect-timeout"},
           {"mysql://[::1/d", "IPv6"},
           {"mysql://h1,h2/d?socket=/run/s", "several hosts"},
       }) {
    if (words.empty()) continue;
    const Error error = refusal(text);
    EXPECT_THAT(error.message, HasSubstr(words)) << text;
    EXPECT_THAT(error.message + error.hint, Not(HasSubstr("ret@"))) << text;
  }
}

}  // namespace
}  // namespace tidegate::mysql
