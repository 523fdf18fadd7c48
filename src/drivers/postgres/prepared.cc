#include "drivers/postgres/prepared.h"

#include <fmt/format.h>

namespace tidegate::postgres {
namespace {

/// More than a run has; a caller whose texts all differ must not fill our memory and the server's.
constexpr std::size_t kKnownLimit = 32;

}  // namespace

PreparedStatements::Use PreparedStatements::use(const std::string& sql) {
  if (!kept_) return {};
  if (known_.size() >= kKnownLimit && !known_.contains(sql)) return {};
  Known& known = known_[sql];
  if (++known.use_count == 1) return {};
  if (!known.name.empty()) return {Use::How::by_name, known.name};
  known.name = fmt::format("tidegate_{}", ++made_count_);
  return {Use::How::after_making, known.name};
}

bool PreparedStatements::by_name(const std::string& sql) const {
  const auto known = known_.find(sql);
  return known != known_.end() && !known->second.name.empty();
}

}  // namespace tidegate::postgres
