#pragma once

#include <memory>
#include <string_view>

#include "history/history_kind.h"

namespace tidegate {

inline constexpr std::string_view kNativeTable = "tidegate_migrations";

/// Reads Tidegate's own tables: three reads and, where the engine has schemas, one that tells which
/// schema they are in.
std::unique_ptr<HistoryReader> make_native_reader(const HistoryName& name);

/// Writes Tidegate's own tables. Every name is written out with its schema, since a migration may
/// leave any search path behind.
std::unique_ptr<HistoryWriter> make_native_writer(const HistoryName& name);

}  // namespace tidegate
