#include <array>

#include "lint/rule.h"

namespace tidegate {

std::span<const Rule> all_rules() {
  static const std::array kAllRules = {kTransactionControl, kNeedsNoTransaction,
                                       kIgnoredInTransaction, kSeveralWithoutTransaction};
  return kAllRules;
}

}  // namespace tidegate
