#include "tidegate/driver.h"

#include <fmt/format.h>

#include <memory>

#include "base/quote.h"
#include "drivers/all_drivers.h"
#include "drivers/mysql/create_drop.h"
#include "drivers/mysql/session.h"
#include "drivers/mysql/url.h"

namespace tidegate {
namespace {

/// What others call a schema is a database there, and has a URL of its own: `database_of_schema`.
void refuse_schema(const DatabaseUrl& url, const ConnectOptions& options) {
  if (options.schema.empty()) return;
  throw Error(ErrorCode::usage,
              fmt::format("{} has no schemas, so '{}' can't be one", url.shown, options.schema),
              "name that database in the URL");
}

/// For LIKE … ESCAPE '|', since what a backslash means depends on the sql_mode.
std::string like_of(std::string_view pattern) {
  std::string like;
  for (const char c : pattern) {
    if (c == '%' || c == '_' || c == '|') like += '|';
    like += c == '*' ? '%' : c;
  }
  return like;
}

/// MySQL, MariaDB and their relatives.
class MysqlDriver final : public Driver {
 public:
  std::string_view name() const override { return "mysql"; }
  bool recognises(std::string_view url) const override { return mysql::recognises(url); }
  DatabaseUrl parse(std::string_view url) const override { return mysql::parse(url); }

  std::unique_ptr<Reader> open_reader(const DatabaseUrl& url,
                                      const ConnectOptions& options) const override {
    return open(url, options, mysql::MysqlSession::Sees::everything);
  }

  std::unique_ptr<Session> open_session(const DatabaseUrl& url,
                                        const ConnectOptions& options) const override {
    return open(url, options, mysql::MysqlSession::Sees::its_node);
  }

  Existed create_database(const DatabaseUrl& url, const ConnectOptions& options) const override {
    return mysql::create_database(url, options);
  }

  Existed drop_database(const DatabaseUrl& url, const ConnectOptions& options,
                        Force force) const override {
    return mysql::drop_database(url, options, force);
  }

  bool has_schemas() const override { return false; }

  std::optional<Query> schemas_read(std::string_view pattern) const override {
    // As binary text: with a collation a pattern would match names that differ in case.
    return Query{
        "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE CAST(SCHEMA_NAME AS BINARY) "
        "LIKE $1 ESCAPE '|' AND SCHEMA_NAME NOT IN ('information_schema', 'mysql', "
        "'performance_schema', 'sys') ORDER BY 1",
        {like_of(pattern)}};
  }

  std::optional<DatabaseUrl> database_of_schema(const DatabaseUrl& url,
                                                std::string_view schema) const override {
    return mysql::parse(mysql::with_database(url.text, schema));
  }

  std::string quote_identifier(std::string_view name) const override { return backticked(name); }

 private:
  static std::unique_ptr<mysql::MysqlSession> open(const DatabaseUrl& url,
                                                   const ConnectOptions& options,
                                                   mysql::MysqlSession::Sees sees) {
    refuse_schema(url, options);
    return std::make_unique<mysql::MysqlSession>(mysql::settings_of(url.text), options, sees);
  }
};

}  // namespace

const Driver& mysql_driver() {
  static const MysqlDriver kDriver;
  return kDriver;
}

}  // namespace tidegate
