#include "history/native_sql.h"

#include <fmt/format.h>

#include <array>

#include "base/quote.h"
#include "history/native_history.h"
#include "tidegate/error.h"

namespace tidegate {

namespace {

// The schema that was named, else that of the table that the search path finds, else the first of
// the search path.
Query postgres_place(const HistoryName& name, const std::string& table) {
  if (!name.schema.empty()) {
    return {"SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname = $1", {name.schema}};
  }
  // By functions, since to plan a join of the catalogs takes a new session longer than all the
  // rest of this look. The first of them quotes the name as an identifier.
  return {
      "SELECT coalesce((pg_catalog.parse_ident((pg_catalog.pg_identify_object("
      "'pg_catalog.pg_class'::pg_catalog.regclass, pg_catalog.to_regclass($1), 0)).schema))[1], "
      "pg_catalog.current_schema())",
      {table}};
}

// A script may USE another database and leave it so.
Query mysql_place(const HistoryName&, const std::string&) { return {"SELECT DATABASE()"}; }

constexpr std::string_view kOnConflict =
    "ON CONFLICT (version, statement) DO UPDATE SET state = excluded.state, "
    "checksum = excluded.checksum, direction = excluded.direction, before = excluded.before, "
    "at = excluded.at";

constexpr std::array kDialects = {
    NativeDialect{
        .engine = "postgres",
        .integer = "BIGINT",
        .timestamp = "TIMESTAMPTZ",
        .now = "clock_timestamp()",
        .time_format = R"(to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))",
        .before = "before",
        .options = "",
        .upsert = kOnConflict,
        .quote = quoted,
        .place = postgres_place,
        .notifies = true,
    },
    NativeDialect{
        .engine = "mysql",
        .integer = "BIGINT",
        .timestamp = "DATETIME(3)",
        .now = "UTC_TIMESTAMP(3)",
        .time_format = "CONCAT(LEFT(DATE_FORMAT({}, '%Y-%m-%dT%T.%f'), 23), 'Z')",
        .before = "`before`",
        // Not what the server or the database is set to: rows that a crash leaves are no record.
        .options = "ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4",
        .upsert = "ON DUPLICATE KEY UPDATE state = VALUES(state), checksum = VALUES(checksum), "
                  "direction = VALUES(direction), `before` = VALUES(`before`), at = VALUES(at)",
        .quote = backticked,
        .place = mysql_place,
        .tells_in_table = true,
    },
    NativeDialect{
        .engine = "sqlite",
        .integer = "INTEGER",
        .timestamp = "TEXT",
        .now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        .time_format = "{}",  // There is no type for a point in time: it is stored as that text.
        .before = "before",
        .options = "",
        .upsert = kOnConflict,
        .quote = quoted,
        .place = nullptr,
    },
};

const NativeDialect& dialect_of(const std::string& engine) {
  for (const NativeDialect& dialect : kDialects) {
    if (dialect.engine == engine) return dialect;
  }
  throw Error(ErrorCode::internal, fmt::format("no native history for '{}'", engine));
}

}  // namespace

std::string NativeSql::as_text(std::string_view column) const {
  return fmt::format(fmt::runtime(time_format), column);
}

NativeSql native_sql(const HistoryName& name) {
  NativeSql sql{dialect_of(name.engine), {}, {}, {}, {}, {}, {}};
  sql.schema = name.schema;
  sql.table = name.table.empty() ? std::string(kNativeTable) : name.table;
  const std::string prefix = name.schema.empty() ? "" : sql.quote(name.schema) + ".";
  const bool usual = sql.table == kNativeTable;
  sql.migrations = prefix + sql.quote(sql.table);
  sql.runs = prefix + sql.quote(usual ? "tidegate_runs" : sql.table + "_runs");
  sql.journal = prefix + sql.quote(usual ? "tidegate_journal" : sql.table + "_journal");
  if (sql.place != nullptr) sql.place_read = sql.place(name, sql.migrations);
  return sql;
}

}  // namespace tidegate
