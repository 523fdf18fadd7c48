#pragma once

#include <memory>
#include <string_view>

#include "history/history_kind.h"

namespace tidegate {

inline constexpr std::string_view kEctoTable = "schema_migrations";

/// Reads Ecto's `schema_migrations (version, inserted_at)`, known by its columns: Rails, dbmate and
/// golang-migrate use the same name. A row means applied; failures and runs aren't kept there.
/// https://hexdocs.pm/ecto_sql/Ecto.Migrator.html
std::unique_ptr<HistoryReader> make_ecto_reader(const HistoryName& name);

}  // namespace tidegate
