#include "drivers/postgres/create_drop.h"

#include <fmt/format.h>

#include <memory>
#include <string>

#include "drivers/postgres/session.h"
#include "drivers/postgres/settings.h"
#include "drivers/postgres/url.h"
#include "tidegate/error.h"

namespace tidegate::postgres {
namespace {

constexpr int kVersionWithForce = 130000;

/// A database can't be made or dropped from within.
std::unique_ptr<PostgresSession> connect_beside(const DatabaseUrl& url, ConnectOptions options) {
  options.schema.clear();
  ConnectionSettings settings = settings_of(url.text);
  settings["dbname"] = "postgres";
  try {
    return std::make_unique<PostgresSession>(settings, options);
  } catch (const Error& error) {
    if (error.code != ErrorCode::no_database) throw;
  }
  settings["dbname"] = "template1";
  return std::make_unique<PostgresSession>(settings, options);
}

bool exists(PostgresSession& session, const std::string& name) {
  return !session.execute({"SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1", {name}})
              .empty();
}

int server_version(PostgresSession& session) {
  return std::stoi(session.execute({"SHOW server_version_num"}).text(0, 0));
}

}  // namespace

Driver::Existed create_database(const DatabaseUrl& url, const ConnectOptions& options) {
  const auto session = connect_beside(url, options);
  // Asked first, since a role without CREATEDB is refused even where there is nothing to do.
  if (exists(*session, url.database)) return Driver::Existed::yes;
  try {
    session->execute({"CREATE DATABASE " + quote_identifier(url.database)});
  } catch (const Error& error) {
    // 42P04: it is there by now; 23505: another replica is making it at this very moment.
    const bool there = error.server_code == "42P04" || error.server_code == "23505";
    if (there) return Driver::Existed::yes;
    throw;
  }
  return Driver::Existed::no;
}

Driver::Existed drop_database(const DatabaseUrl& url, const ConnectOptions& options,
                              Driver::Force force) {
  const auto session = connect_beside(url, options);
  if (!exists(*session, url.database)) return Driver::Existed::no;
  std::string sql = "DROP DATABASE IF EXISTS " + quote_identifier(url.database);
  if (force == Driver::Force::yes) {
    if (server_version(*session) >= kVersionWithForce) {
      sql += " WITH (FORCE)";
    } else {
      session->execute(
          {"SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity "
           "WHERE datname = $1 AND pid <> pg_catalog.pg_backend_pid()",
           {url.database}});
    }
  }
  try {
    session->execute({sql});
  } catch (Error& error) {
    if (error.server_code == "55006") {
      error.code = ErrorCode::blocked;
      error.hint = "end the other sessions, or drop it with --force, which ends them";
    }
    throw;
  }
  return Driver::Existed::yes;
}

}  // namespace tidegate::postgres
