#include "tidegate/history.h"

#include <algorithm>

namespace tidegate {

std::string_view to_string(RunState state) {
  switch (state) {
    case RunState::running:
      return "running";
    case RunState::done:
      return "done";
    case RunState::failed:
      return "failed";
    case RunState::interrupted:
      return "interrupted";
  }
  return "running";
}

const Record* History::find(const Version& version) const {
  const auto found = std::lower_bound(
      records.begin(), records.end(), version,
      [](const Record& record, const Version& wanted) { return record.version < wanted; });
  return found != records.end() && found->version == version ? &*found : nullptr;
}

}  // namespace tidegate
