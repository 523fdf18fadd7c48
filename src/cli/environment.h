#pragma once

#include <string>
#include <vector>

#include "cli/values.h"

namespace tidegate::cli {

/// Offers what the environment says: TIDEGATE_NAME for each setting that may stand there, and
/// DATABASE_URL where TIDEGATE_DATABASE says nothing. An empty variable is as good as none, since
/// compose files and charts make empty ones of what isn't set.
void offer_environment(Values& values, const char* const* environment);

/// A variable that looks like one of ours and isn't, with the one that was probably meant.
struct Misspelt {
  std::string written;
  std::string meant;
};
/// Only those that are near to one of ours: Kubernetes makes TIDEGATE_PORT and the like for a
/// service of that name.
std::vector<Misspelt> misspelt_variables(const char* const* environment);

}  // namespace tidegate::cli
