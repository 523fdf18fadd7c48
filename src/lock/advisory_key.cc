#include "lock/advisory_key.h"

#include "base/quote.h"

namespace tidegate {

// $1 is the schema or NULL, $2 the table's quoted name for to_regclass, $3 its plain name.
std::string_view advisory_key() {
  return R"(
  pg_catalog.hashtextextended(
    'tidegate:' || COALESCE(
      $1::text,
      (SELECT n.nspname FROM pg_catalog.pg_class c
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = pg_catalog.to_regclass($2::text)),
      pg_catalog.current_schema(),
      '') || '.' || $3::text, 0))";
}

std::vector<Parameter> advisory_key_parameters(const LockedHistory& history) {
  return {history.schema.empty() ? Parameter() : Parameter(history.schema), quoted(history.table),
          history.table};
}

}  // namespace tidegate
