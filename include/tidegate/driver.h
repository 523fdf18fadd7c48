#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/clock.h"
#include "tidegate/session.h"

namespace tidegate {

/// A database as a user named it.
struct DatabaseUrl {
  std::string text;      ///< as given, password and all: never print it
  std::string engine;    ///< the driver's name: `postgres`, `sqlite`
  std::string shown;     ///< the same for people: no password
  std::string database;  ///< the database's own name or path
};

/// What a connection is opened with.
struct ConnectOptions {
  std::string application_name = "tidegate";
  std::string schema;           ///< put first in the search path; empty: the role's own
  TimePoint deadline = kNever;  ///< for connecting, and until `limit_to` says otherwise
  std::stop_token stop = {};
};

/// One database engine: the row of the drivers' table. To write the next one, keep what this and
/// session.h promise, add a row to src/drivers/all_drivers.cc, a dialect to src/sql, a lock to
/// src/lock, the history's SQL to src/history, and run the conformance suite.
class Driver {
 public:
  virtual ~Driver() = default;

  virtual std::string_view name() const = 0;

  /// Whether this driver understands that text, by its scheme or form alone.
  virtual bool recognises(std::string_view url) const = 0;

  /// Takes a URL apart. Sends nothing.
  ///
  /// Throws: Error{usage} naming the part that is wrong, never the password.
  virtual DatabaseUrl parse(std::string_view url) const = 0;

  /// Connects for looking. Makes nothing: an absent file or database is Error{no_database}.
  ///
  /// Throws: Error{unreachable, access_denied, no_database, not_a_database, timed_out, …}.
  virtual std::unique_ptr<Reader> open_reader(const DatabaseUrl& url,
                                              const ConnectOptions& options) const = 0;

  /// Connects for migrating. Makes nothing either.
  virtual std::unique_ptr<Session> open_session(const DatabaseUrl& url,
                                                const ConnectOptions& options) const = 0;

  enum class Existed { no, yes };

  /// Makes the database itself. Idempotent.
  virtual Existed create_database(const DatabaseUrl& url, const ConnectOptions& options) const = 0;

  enum class Force { no, yes };

  /// Drops the database itself, with all that is in it. Idempotent. `yes` ends other sessions.
  virtual Existed drop_database(const DatabaseUrl& url, const ConnectOptions& options,
                                Force force) const = 0;

  /// Whether a database has schemas inside (`--schema`).
  virtual bool has_schemas() const = 0;

  /// The read that lists the schemas whose names match `pattern`, in which `*` stands for any text;
  /// nothing where there are none.
  virtual std::optional<Query> schemas_read(std::string_view /*pattern*/) const {
    return std::nullopt;
  }

  /// The database of that name on the same server, where what others call a schema is a database;
  /// nothing where it isn't.
  virtual std::optional<DatabaseUrl> database_of_schema(const DatabaseUrl& /*url*/,
                                                        std::string_view /*schema*/) const {
    return std::nullopt;
  }

  /// `name` as an identifier of this engine, quoted.
  virtual std::string quote_identifier(std::string_view name) const = 0;
};

}  // namespace tidegate
