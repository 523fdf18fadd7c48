#pragma once

#include <string>
#include <vector>

#include "sql/splitter.h"

namespace tidegate::testing {

/// A pair of files: `postgres/01_name.sql` and what it must be cut into, `01_name.golden`.
struct SplitterCase {
  std::string name;  ///< `postgres/01_name`
  std::string engine;
  std::string sql;
  std::string golden;
};

/// Every case, by name.
std::vector<SplitterCase> all_cases();

/// What a script was cut into, as the goldens write it.
std::string shown(const SplitScript& split, std::string_view text);

/// Where a case's golden is.
std::string golden_path(const SplitterCase& split_case);

}  // namespace tidegate::testing
