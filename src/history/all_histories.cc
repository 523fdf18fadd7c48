#include <fmt/format.h>

#include <array>

#include "history/ecto_history.h"
#include "history/history_kind.h"
#include "history/native_history.h"

namespace tidegate {

namespace {

constexpr std::array kHistories{
    HistoryKind{"native", kNativeTable, make_native_reader, make_native_writer},
    HistoryKind{"ecto", kEctoTable, make_ecto_reader, nullptr},
};

}  // namespace

std::span<const HistoryKind> all_histories() { return kHistories; }

const HistoryKind& history_kind(std::string_view name) {
  std::string known;
  for (const HistoryKind& kind : kHistories) {
    if (kind.name == name) return kind;
    known += known.empty() ? "" : ", ";
    known += kind.name;
  }
  throw Error(ErrorCode::usage, fmt::format("there is no history named '{}'", name),
              fmt::format("use one of: {}", known));
}

}  // namespace tidegate
