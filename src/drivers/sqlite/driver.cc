#include "drivers/sqlite/driver.h"

#include <fmt/format.h>

#include "drivers/sqlite/files.h"
#include "drivers/sqlite/reader.h"
#include "drivers/sqlite/session.h"
#include "drivers/sqlite/url.h"

namespace tidegate {

namespace {

void refuse_schema(const DatabaseUrl& url, const ConnectOptions& options) {
  if (options.schema.empty()) return;
  throw Error(ErrorCode::usage,
              fmt::format("{} has no schemas, so '{}' can't be one", url.shown, options.schema),
              "leave --schema out, or use a database file for each tenant");
}

class SqliteDriver : public Driver {
 public:
  std::string_view name() const override { return "sqlite"; }
  bool recognises(std::string_view url) const override { return sqlite::has_scheme(url); }
  DatabaseUrl parse(std::string_view url) const override { return sqlite::parse_url(url); }

  std::unique_ptr<Reader> open_reader(const DatabaseUrl& url,
                                      const ConnectOptions& options) const override {
    refuse_schema(url, options);
    return std::make_unique<sqlite::SqliteReader>(url, options);
  }

  std::unique_ptr<Session> open_session(const DatabaseUrl& url,
                                        const ConnectOptions& options) const override {
    refuse_schema(url, options);
    return std::make_unique<sqlite::SqliteSession>(url, options);
  }

  Existed create_database(const DatabaseUrl& url,
                          const ConnectOptions& /*options*/) const override {
    return sqlite::create_file(url);
  }

  Existed drop_database(const DatabaseUrl& url, const ConnectOptions& options,
                        Force force) const override {
    return sqlite::drop_file(url, options, force);
  }

  bool has_schemas() const override { return false; }

  std::string quote_identifier(std::string_view name) const override {
    std::string quoted = "\"";
    for (const char letter : name) {
      if (letter == '"') quoted += '"';
      quoted += letter;
    }
    return quoted + '"';
  }
};

}  // namespace

const Driver& sqlite_driver() {
  static const SqliteDriver driver;
  return driver;
}

}  // namespace tidegate
