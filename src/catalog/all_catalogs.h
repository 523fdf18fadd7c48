#pragma once

#include <string_view>

#include "tidegate/catalog.h"

namespace tidegate {

/// The catalog of an engine, or null: then each statement outside a transaction runs alone, and
/// what became of one that was interrupted is a person's question.
const Catalog* find_catalog(std::string_view engine);

const Catalog& postgres_catalog();
const Catalog& mysql_catalog();
const Catalog& sqlite_catalog();

}  // namespace tidegate
