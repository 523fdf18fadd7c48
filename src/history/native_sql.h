#pragma once

#include <string>
#include <string_view>

#include "history/history_kind.h"

namespace tidegate {

/// The native tables of one history, by name, and what differs between engines in their SQL.
struct NativeSql {
  std::string_view integer;    ///< the type of versions, ids and counts
  std::string_view timestamp;  ///< the type of a point in time
  std::string_view now;        ///< the database's own clock
  bool notifies = false;

  std::string schema;      ///< as it is; empty when it isn't named
  std::string table;       ///< as it is
  std::string migrations;  ///< quoted, with its schema
  std::string runs;
  std::string journal;

  /// A column's value as UTC in RFC 3339.
  std::string as_text(std::string_view column) const;
};

/// Throws: Error{internal} for an engine that has no native history.
NativeSql native_sql(const HistoryName& name);

}  // namespace tidegate
