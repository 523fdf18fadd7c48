#include "history/native_sql.h"

#include <fmt/format.h>

#include "base/quote.h"
#include "history/native_history.h"
#include "tidegate/error.h"

namespace tidegate {

std::string NativeSql::as_text(std::string_view column) const {
  // SQLite has no type for a point in time: what it stores is the text already.
  if (timestamp == "TEXT") return std::string(column);
  return fmt::format(R"(to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))", column);
}

NativeSql native_sql(const HistoryName& name) {
  NativeSql sql;
  if (name.engine == "postgres") {
    sql.integer = "BIGINT";
    sql.timestamp = "TIMESTAMPTZ";
    sql.now = "clock_timestamp()";
    sql.notifies = true;
  } else if (name.engine == "sqlite") {
    sql.integer = "INTEGER";
    sql.timestamp = "TEXT";
    sql.now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";
  } else {
    throw Error(ErrorCode::internal, fmt::format("no native history for '{}'", name.engine));
  }
  sql.schema = name.schema;
  sql.table = name.table.empty() ? std::string(kNativeTable) : name.table;
  const std::string prefix = name.schema.empty() ? "" : quoted(name.schema) + ".";
  const bool usual = sql.table == kNativeTable;
  sql.migrations = prefix + quoted(sql.table);
  sql.runs = prefix + quoted(usual ? "tidegate_runs" : sql.table + "_runs");
  sql.journal = prefix + quoted(usual ? "tidegate_journal" : sql.table + "_journal");
  return sql;
}

}  // namespace tidegate
