#pragma once

#include <string>
#include <string_view>

#include "history/history_kind.h"

namespace tidegate {

/// What differs between engines in the SQL of the native tables.
struct NativeDialect {
  std::string_view engine;
  std::string_view integer;      ///< the type of versions, ids and counts
  std::string_view timestamp;    ///< the type of a point in time
  std::string_view now;          ///< the database's own clock
  std::string_view time_format;  ///< a column of such a point as UTC in RFC 3339
  std::string_view before;       ///< the journal's column of that name: a keyword here and there
  std::string_view options;      ///< what stands behind CREATE TABLE (…)
  std::string_view upsert;       ///< makes an INSERT into the journal change what it meets
  std::string (*quote)(std::string_view name);
  /// Reads where the tables of that quoted name are, or would be; empty where nothing is named so.
  Query (*place)(const HistoryName& name, const std::string& table);
  bool notifies = false;
  bool tells_in_table = false;  ///< how far a run is; elsewhere its session or its lock tells
};

/// The native tables of one history, by name.
struct NativeSql : NativeDialect {
  std::string schema;      ///< as it is; empty when it isn't named
  std::string table;       ///< as it is
  std::string migrations;  ///< quoted, with its schema
  std::string runs;
  std::string journal;
  Query place_read;  ///< empty where tables have no place

  /// A column's value as UTC in RFC 3339.
  std::string as_text(std::string_view column) const;
};

/// Throws: Error{internal} for an engine that has no native history.
NativeSql native_sql(const HistoryName& name);

}  // namespace tidegate
