#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "sql/splitter_properties.h"
#include "sql/words.h"

// The first byte picks the dialect, the rest is the script.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  if (size_bytes == 0) return 0;
  constexpr const char* kEngines[] = {"postgres", "sqlite", "mysql"};
  const tidegate::Dialect& dialect = *tidegate::find_dialect(kEngines[data[0] % 3]);
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size_bytes - 1);
  if (const auto broken = tidegate::broken_splitter_property(text, dialect)) {
    std::fprintf(stderr, "%s\n", broken->c_str());
    std::abort();
  }
  tidegate::find_pattern(dialect.transaction_control, text, dialect);
  tidegate::find_pattern(dialect.needs_no_transaction, text, dialect);
  tidegate::commits_by_itself(text, dialect);
  return 0;
}
