#include "drivers/postgres/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(PostgresErrors, ACodeMeansWhatItsAuthorMakesOfIt) {
  EXPECT_EQ(code_of("42P01", Author::ours), ErrorCode::no_table);
  EXPECT_EQ(code_of("42P01", Author::migration), ErrorCode::statement_failed);
  EXPECT_EQ(code_of("3F000", Author::ours), ErrorCode::no_table);
  EXPECT_EQ(code_of("42501", Author::ours), ErrorCode::no_permission);
  EXPECT_EQ(code_of("42501", Author::migration), ErrorCode::statement_failed);
  EXPECT_EQ(code_of("42703", Author::ours), ErrorCode::foreign_table);
  EXPECT_EQ(code_of("25006", Author::migration), ErrorCode::read_only);
  EXPECT_EQ(code_of("55P03", Author::migration), ErrorCode::lock_timeout);
  EXPECT_EQ(code_of("40P01", Author::migration), ErrorCode::lock_timeout);
  EXPECT_EQ(code_of("53100", Author::migration), ErrorCode::disk_full);
  EXPECT_EQ(code_of("57P01", Author::ours), ErrorCode::connection_lost);
  EXPECT_EQ(code_of("08006", Author::ours), ErrorCode::connection_lost);
  EXPECT_EQ(code_of("23505", Author::ours), ErrorCode::statement_failed);
}

struct ConnectCase {
  std::string_view libpq_says;
  ErrorCode code;
  std::string_view message_has;
};

TEST(PostgresErrors, EachWayNotToConnectHasItsOwnCode) {
  const std::vector<ConnectCase> cases = {
      {"connection to server at \"127.0.0.1\", port 1 failed: Connection refused\n\tIs the server "
       "running on that host and accepting TCP/IP connections?\n",
       ErrorCode::unreachable, "Connection refused"},
      {"connection to server on socket \"/tmp/.s.PGSQL.1\" failed: No such file or directory\n",
       ErrorCode::unreachable, "No such file"},
      {"could not translate host name \"nowhere\" to address: Name or service not known\n",
       ErrorCode::unreachable, "host name \"nowhere\""},
      {"connection to server at \"h\", port 1 failed: FATAL:  57P03: the database system is "
       "starting up\nLOCATION:  ProcessStartupPacket, postmaster.c:2391\n",
       ErrorCode::unreachable, "starting up"},
      {"connection to server at \"h\", port 1 failed: FATAL:  53300: sorry, too many clients "
       "already\nLOCATION:  x, y.c:1\n",
       ErrorCode::unreachable, "too many clients"},
      {"connection to server at \"h\", port 1 failed: FATAL:  3D000: database \"app\" does not "
       "exist\nLOCATION:  x, y.c:1\n",
       ErrorCode::no_database, "\"app\" does not exist"},
      {"connection to server at \"h\", port 1 failed: FEHLER:  28P01: Passwort falsch\n",
       ErrorCode::access_denied, "Passwort falsch"},
      {"connection to server at \"h\", port 1 failed: FATAL:  28000: no pg_hba.conf entry for "
       "host \"1.2.3.4\"\n",
       ErrorCode::access_denied, "pg_hba.conf"},
      {"connection to server at \"h\", port 1 failed: server does not support SSL, but SSL was "
       "required\n",
       ErrorCode::access_denied, "SSL was required"},
      {"lookup on LDAP server failed: this program is built without LDAP\n",
       ErrorCode::access_denied, "built without LDAP"},
      {"connection to server at \"h\", port 1 failed: GSSAPI encryption required but was "
       "impossible "
       "(possibly no credential cache, no server support, or using a local socket)\n",
       ErrorCode::access_denied, "GSSAPI encryption required"},
      {"connection to server at \"h\", port 1 failed: SSL error: certificate verify failed\n",
       ErrorCode::access_denied, "certificate verify failed"},
      {"connection to server at \"h\", port 1 failed: root certificate file \"/x\" does not "
       "exist\n",
       ErrorCode::access_denied, "root certificate"},
      {"connection to server at \"h\", port 1 failed: fe_sendauth: no password supplied\n",
       ErrorCode::access_denied, "no password supplied"},
      {"invalid connect_timeout\n", ErrorCode::usage, "invalid"},
      {"definition of service \"x\" not found\n", ErrorCode::usage, "service \"x\""},
      {"connection to server at \"h\", port 1 failed: something new\n", ErrorCode::unreachable,
       "something new"},
  };
  for (const ConnectCase& c : cases) {
    SCOPED_TRACE(c.libpq_says);
    const Error error = connect_error(c.libpq_says, "postgres://bob@h/app");
    EXPECT_EQ(error.code, c.code);
    EXPECT_THAT(error.message, HasSubstr(std::string(c.message_has)));
    EXPECT_THAT(error.message, HasSubstr("postgres://bob@h/app"));
    EXPECT_THAT(error.message, Not(HasSubstr("\n")));
    EXPECT_THAT(error.message, Not(HasSubstr("LOCATION")));
    EXPECT_FALSE(error.hint.empty());
  }
}

TEST(PostgresErrors, OfSeveralHostsTheLastOneToAnswerCounts) {
  const Error error = connect_error(
      "connection to server at \"a\", port 1 failed: Connection refused\nconnection to server at "
      "\"b\", port 1 failed: FATAL:  3D000: database \"app\" does not exist\n",
      "postgres://h");
  EXPECT_EQ(error.code, ErrorCode::no_database);
  EXPECT_EQ(error.server_code, "3D000");
}

}  // namespace
}  // namespace tidegate::postgres
