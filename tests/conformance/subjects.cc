#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "conformance/subject.h"
#include "drivers/all_drivers.h"
#include "support/temporary_folder.h"

namespace tidegate::conformance {

namespace {

std::string joined_by_bars(const std::vector<std::string>& expressions) {
  return fmt::format("{}", fmt::join(expressions, " || "));
}

ConformanceSubject sqlite_subject(const Driver& driver) {
  static const TemporaryFolder folder;
  ConformanceSubject subject;
  subject.name = "sqlite";
  subject.driver = &driver;
  subject.new_url = [count = 0]() mutable {
    return fmt::format("sqlite:{}", folder.path(fmt::format("{}.db", ++count)));
  };
  subject.joined = joined_by_bars;
  subject.bad_url = "sqlite:app.db?password=secret";
  subject.slow_statement =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
  subject.alone_statement = "VACUUM";
  subject.leaking_statement = "PRAGMA recursive_triggers = ON";
  subject.leak_read = "SELECT recursive_triggers FROM pragma_recursive_triggers";
  subject.locking_statement = "INSERT INTO t VALUES ('locked')";
  subject.changing_statement = "INSERT INTO t VALUES ('changed')";
  subject.syntax_error_code = "SQLITE_ERROR";
  subject.unique_violation_code = "SQLITE_CONSTRAINT_PRIMARYKEY";
  subject.announcement = [](const std::string&) {
    return Query{"CREATE TABLE announced (a INTEGER)"};
  };
  return subject;
}

/// The server that the tests were given in that variable, and in it another database.
std::string server_url(const char* variable, const std::string& database) {
  const char* const server = std::getenv(variable);
  if (server == nullptr) {
    throw std::runtime_error(fmt::format("{} must name a private server's superuser", variable));
  }
  std::string url = server;
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return fmt::format("{} dbname={}", url, database);
  const std::size_t path = url.find('/', scheme + 3);
  const std::size_t parameters = url.find('?', scheme + 3);
  const std::string tail = parameters == std::string::npos ? "" : url.substr(parameters);
  return fmt::format("{}/{}{}", url.substr(0, std::min(path, parameters)), database, tail);
}

ConformanceSubject postgres_subject(const Driver& driver) {
  ConformanceSubject subject;
  subject.name = "postgres";
  subject.driver = &driver;
  subject.new_url = [count = 0]() mutable {
    return server_url("TIDEGATE_TEST_POSTGRES",
                      fmt::format("conformance_{}_{}", ::getpid(), ++count));
  };
  subject.joined = joined_by_bars;
  subject.bad_url = "postgres://app:secret@localhost:99999/app";
  subject.slow_statement = "SELECT pg_sleep(3600)";
  subject.alone_statement = "VACUUM";
  subject.leaking_statement = "SET statement_timeout = '1h'";
  subject.leak_read =
      "SELECT CASE current_setting('statement_timeout') WHEN '1h' THEN 1 ELSE 0 END";
  subject.locking_statement = "LOCK TABLE t";
  subject.changing_statement = "ALTER TABLE t ADD COLUMN b TEXT";
  subject.syntax_error_code = "42601";
  subject.unique_violation_code = "23505";
  subject.announcement = [](const std::string& topic) {
    return Query{"SELECT pg_notify($1, 'hello')", {topic}};
  };
  subject.end_other_sessions = Query{
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
      "WHERE datname = current_database() AND pid <> pg_backend_pid()"};
  return subject;
}

ConformanceSubject mysql_subject(const Driver& driver) {
  ConformanceSubject subject;
  subject.name = "mysql";
  subject.driver = &driver;
  subject.new_url = [count = 0]() mutable {
    return server_url("TIDEGATE_TEST_MARIADB",
                      fmt::format("conformance_{}_{}", ::getpid(), ++count));
  };
  subject.bad_url = "mysql://app:secret@localhost:99999/app";
  subject.ddl = ConformanceSubject::Ddl::commits_by_itself;
  subject.text_type = "CHAR";
  subject.joined = [](const std::vector<std::string>& expressions) {
    return fmt::format("CONCAT({})", fmt::join(expressions, ", "));
  };
  subject.slow_statement = "SELECT SLEEP(3600)";
  subject.alone_statement = "ANALYZE TABLE t";
  subject.leaking_statement = "SET SESSION div_precision_increment = 9";
  subject.leak_read = "SELECT CASE @@div_precision_increment WHEN 9 THEN 1 ELSE 0 END";
  subject.locking_statement = "SELECT a FROM t FOR UPDATE";
  subject.changing_statement = "INSERT INTO t VALUES ('changed')";
  subject.syntax_error_code = "1064";
  subject.unique_violation_code = "1062";
  subject.end_other_sessions = Query{
      "BEGIN NOT ATOMIC FOR one IN (SELECT ID FROM information_schema.PROCESSLIST WHERE DB = "
      "DATABASE() AND ID <> CONNECTION_ID()) DO KILL CONNECTION one.ID; END FOR; END"};
  return subject;
}

}  // namespace

const std::vector<ConformanceSubject>& subjects() {
  static const std::vector<ConformanceSubject> kSubjects = [] {
    std::vector<ConformanceSubject> found;
    for (const Driver* driver : all_drivers()) {
      if (driver->name() == "sqlite") found.push_back(sqlite_subject(*driver));
      if (driver->name() == "mysql") found.push_back(mysql_subject(*driver));
      if (driver->name() == "postgres") found.push_back(postgres_subject(*driver));
    }
    return found;
  }();
  return kSubjects;
}

}  // namespace tidegate::conformance
