#include "catalog/all_catalogs.h"

#include <array>

namespace tidegate {
namespace {

struct CatalogRow {
  std::string_view engine;
  const Catalog& (*catalog)();
};

constexpr std::array kCatalogs{
    CatalogRow{"postgres", postgres_catalog},
    CatalogRow{"mysql", mysql_catalog},
    CatalogRow{"sqlite", sqlite_catalog},
};

}  // namespace

const Catalog* find_catalog(std::string_view engine) {
  for (const CatalogRow& row : kCatalogs) {
    if (row.engine == engine) return &row.catalog();
  }
  return nullptr;
}

}  // namespace tidegate
