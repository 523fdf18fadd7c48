#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tidegate/history.h"

namespace tidegate {

/// Where a history is.
struct HistoryName {
  std::string engine;             ///< the driver's name
  std::string schema;             ///< empty: wherever the role's search path leads
  std::string table;              ///< empty: the kind's usual name
  bool schema_is_absent = false;  ///< it is made together with the tables
};

/// One kind of history table: a row of all_histories.cc.
struct HistoryKind {
  std::string_view name;  ///< also the format of the folders that go with it
  std::string_view usual_table;
  /// Null when this engine has no such history.
  std::unique_ptr<HistoryReader> (*make_reader)(const HistoryName& name);
  /// `name.schema` is the one a look found. Null in a kind that Tidegate only reads.
  std::unique_ptr<HistoryWriter> (*make_writer)(const HistoryName& name);
};

/// Every kind there is.
std::span<const HistoryKind> all_histories();

/// The kind of that name.
///
/// Throws: Error{usage} that lists the known ones.
const HistoryKind& history_kind(std::string_view name);

}  // namespace tidegate
