#include "catalog/repeatable.h"

namespace tidegate {
namespace {

class RepeatableLook final : public StatementLook {
 public:
  std::vector<Query> reads(std::string_view) const override { return {}; }
  std::string seen(std::span<const ReadResult>) const override { return "repeatable"; }
  Settlement settle(std::string_view, std::span<const ReadResult>) const override {
    return {Settlement::Outcome::left_nothing, {}, "it can be run as often as one likes"};
  }
};

}  // namespace

std::unique_ptr<StatementLook> make_repeatable_look() { return std::make_unique<RepeatableLook>(); }

}  // namespace tidegate
