#include "simulation/system_tables.h"

#include <utility>

#include "simulation/hashed.h"

namespace tidegate::simulation {

namespace {

constexpr std::int64_t kSchemaOid = 2200;
constexpr std::int64_t kDatabaseOid = 5;
constexpr std::int64_t kLowHalf = 0xffffffff;

Relation with_columns(std::vector<std::string> columns) { return {.columns = std::move(columns)}; }

void add(Relation& relation, Row row) {
  relation.rows.push_back(std::make_shared<const Row>(std::move(row)));
}

Relation locks(Host& host) {
  Relation made = with_columns({"locktype", "granted", "database", "classid", "objid", "objsubid",
                                "pid", "mode", "virtualtransaction"});
  for (const auto& [key, lock] : host.advisory_locks()) {
    add(made,
        {"advisory", true, kDatabaseOid, (key >> 32) & kLowHalf, key & kLowHalf, std::int64_t{1},
         std::int64_t{lock.holder->pid()}, "ExclusiveLock", lock.holder->virtual_transaction()});
  }
  return made;
}

Relation activity(Host& host) {
  Relation made = with_columns({"pid", "application_name", "client_addr", "backend_start",
                                "datname", "usename", "state", "query"});
  for (const Backend* const backend : host.backends()) {
    add(made, {std::int64_t{backend->pid()}, backend->setting("application_name"), Value(),
               std::int64_t{0}, "app", "app",
               backend->busy || backend->in_burst ? "active" : "idle", backend->last_sql});
  }
  return made;
}

}  // namespace

std::int64_t oid_of(const std::string& table) { return hashed(table) & 0x7fffffff; }

std::optional<Relation> system_table(Host& host, const std::string& name) {
  if (!name.starts_with("pg_")) return std::nullopt;
  if (name == "pg_locks") return locks(host);
  if (name == "pg_stat_activity") return activity(host);
  if (name == "pg_database") {
    Relation made = with_columns({"oid", "datname"});
    add(made, {kDatabaseOid, "app"});
    return made;
  }
  if (name == "pg_namespace") {
    Relation made = with_columns({"oid", "nspname"});
    add(made, {kSchemaOid, "public"});
    return made;
  }
  if (name == "pg_class") {
    Relation made = with_columns({"oid", "relname", "relnamespace"});
    for (const auto& [table, rows] : host.tables().by_name) {
      if (rows->maker == nullptr) add(made, {oid_of(table), table, kSchemaOid});
    }
    return made;
  }
  return std::nullopt;
}

}  // namespace tidegate::simulation
