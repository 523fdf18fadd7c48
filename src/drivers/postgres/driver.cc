#include "tidegate/driver.h"

#include <memory>

#include "drivers/all_drivers.h"
#include "drivers/postgres/create_drop.h"
#include "drivers/postgres/session.h"
#include "drivers/postgres/settings.h"
#include "drivers/postgres/url.h"

namespace tidegate {
namespace {

class PostgresDriver final : public Driver {
 public:
  std::string_view name() const override { return "postgres"; }

  bool recognises(std::string_view url) const override { return postgres::recognises(url); }

  DatabaseUrl parse(std::string_view url) const override { return postgres::parse(url); }

  std::unique_ptr<Reader> open_reader(const DatabaseUrl& url,
                                      const ConnectOptions& options) const override {
    return std::make_unique<postgres::PostgresSession>(url, options);
  }

  std::unique_ptr<Session> open_session(const DatabaseUrl& url,
                                        const ConnectOptions& options) const override {
    return std::make_unique<postgres::PostgresSession>(url, options);
  }

  Existed create_database(const DatabaseUrl& url, const ConnectOptions& options) const override {
    return postgres::create_database(url, options);
  }

  Existed drop_database(const DatabaseUrl& url, const ConnectOptions& options,
                        Force force) const override {
    return postgres::drop_database(url, options, force);
  }

  bool has_schemas() const override { return true; }

  std::optional<Query> schemas_read(std::string_view pattern) const override {
    return Query{
        "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname LIKE $1 "
        "AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' ORDER BY 1",
        {postgres::like_of(pattern)}};
  }

  std::string quote_identifier(std::string_view name) const override {
    return postgres::quote_identifier(name);
  }
};

}  // namespace

const Driver& postgres_driver() {
  static const PostgresDriver kDriver;
  return kDriver;
}

}  // namespace tidegate
