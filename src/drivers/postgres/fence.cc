#include "drivers/postgres/fence.h"

#include <fmt/format.h>

#include "base/application_name.h"
#include "drivers/postgres/statement_kind.h"

namespace tidegate::postgres {
namespace {

/// `20261122120000` of `migrations/20261122120000_users.sql`.
std::string_view version_of(std::string_view file) {
  const std::size_t slash = file.rfind('/');
  if (slash != std::string_view::npos) file.remove_prefix(slash + 1);
  return file.substr(0, file.find_first_of("_."));
}

StatementOfMany number_of(const Script& script, const Statement& statement) {
  std::size_t number = 1;
  for (const Statement& earlier : script.statements) number += earlier.offset < statement.offset;
  return {.number = number, .count = script.statements.size()};
}

}  // namespace

std::string refused_unless(const Guard& guard) {
  return fmt::format("1 / CASE WHEN ({}) THEN 1 ELSE 0 END", guard.expression);
}

std::vector<Query> fence_before(const Script& script, const Statement& statement,
                                std::span<const Guard> guards, const Settings& settings,
                                std::string_view application_name) {
  std::vector<Query> fence{{std::string(kBegin)}};
  for (const Guard& guard : guards) {
    fence.push_back({"SELECT " + refused_unless(guard), guard.parameters});
  }
  if (!settings.pooled()) {
    const std::string name = application_name_with(application_name, version_of(script.file),
                                                   number_of(script, statement));
    fence.push_back({"SELECT " + set_config("application_name", name, Until::session_ends)});
    for (const std::string_view sql : settings_before(script, statement)) {
      fence.push_back({std::string(sql)});
    }
  }
  fence.push_back({"COMMIT"});
  return fence;
}

}  // namespace tidegate::postgres
