#include "tidegate/history.h"

#include <algorithm>

namespace tidegate {

const Record* History::find(const Version& version) const {
  const auto found = std::lower_bound(
      records.begin(), records.end(), version,
      [](const Record& record, const Version& wanted) { return record.version < wanted; });
  return found != records.end() && found->version == version ? &*found : nullptr;
}

}  // namespace tidegate
