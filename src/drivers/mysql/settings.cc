#include "drivers/mysql/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ascii.h"
#include "base/quote.h"
#include "drivers/mysql/literal.h"

namespace tidegate::mysql {
namespace {

/// What changes without being set, and how long we wait for locks, which each transaction sets.
constexpr std::array<std::string_view, 12> kOwnLife = {
    "error_count",      "identity",   "in_transaction", "innodb_lock_wait_timeout",
    "insert_id",        "last_gtid",  "last_insert_id", "lock_wait_timeout",
    "pseudo_thread_id", "rand_seed1", "rand_seed2",     "warning_count"};

bool has_own_life(const std::string& name) {
  return std::ranges::find(kOwnLife, name) != kOwnLife.end() || name == "timestamp";
}

bool is_number(const std::string& value) {
  return !value.empty() &&
         std::all_of(value.begin(), value.end(), [](char c) { return is_digit(c) || c == '.'; });
}

}  // namespace

std::vector<Query> Settings::reads() {
  return {{"SELECT DATABASE(), CURRENT_ROLE()"}, {"SHOW SESSION VARIABLES"}};
}

Settings::Settings(const std::vector<ReadResult>& results) {
  if (const Rows* place = std::get_if<Rows>(&results[0])) {
    database_ = place->text(0, 0);
    role_ = place->text(0, 1);
  }
  const Rows* rows = std::get_if<Rows>(&results[1]);
  for (std::size_t row = 0; rows != nullptr && row < rows->size(); ++row) {
    values_[rows->text(row, 0)] = rows->text(row, 1);
  }
}

std::vector<std::string> Settings::undo(const Settings& now) const {
  std::vector<std::string> statements = {"SET timestamp = DEFAULT"};
  for (const auto& [name, value] : now.values_) {
    const auto before = values_.find(name);
    if (before == values_.end() || before->second == value || has_own_life(name)) continue;
    statements.push_back(
        fmt::format("SET SESSION {} = {}", name,
                    is_number(before->second) ? before->second : text_literal(before->second)));
  }
  if (now.role_ != role_) {
    const bool none = role_.empty() || role_ == "NONE";
    statements.push_back(none ? "SET ROLE NONE" : "SET ROLE " + backticked(role_));
  }
  if (now.database_ != database_) statements.push_back("USE " + backticked(database_));
  return statements;
}

}  // namespace tidegate::mysql
