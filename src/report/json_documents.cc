#include "report/json_values.h"
#include "report/plan_report.h"
#include "report/status_report.h"
#include "report/status_rows.h"

namespace tidegate {
namespace {

std::string document_text(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

Json json_of_row(const StatusRow& row) {
  return {{"version", row.version.text()},
          {"name", row.name},
          {"state", to_string(row.state)},
          {"applied_at", text_or_null(row.applied_at)},
          {"file", text_or_null(row.file)}};
}

Json json_of_step(const Step& step) {
  const Script& script = step.script();
  Json statements = Json::array();
  for (std::size_t i = step.statements_done; i < script.statements.size(); ++i) {
    const Statement& statement = script.statements[i];
    statements.push_back({{"line", statement.line},
                          {"column", statement.column},
                          {"sql", script.text_of(statement)}});
  }
  const Directives& directives = script.directives;
  return {{"version", step.migration->version.text()},
          {"name", step.migration->name},
          {"direction", step.direction == Direction::up ? "up" : "down"},
          {"file", script.file},
          {"transactional", directives.transactional == Transactional::yes},
          {"phase", directives.phase == Phase::expand ? "expand" : "contract"},
          {"statements_done", step.statements_done},
          {"statements", std::move(statements)}};
}

}  // namespace

std::string status_json(const MigrationSet& set, std::span<const DatabaseStatus> seen) {
  Json databases = Json::array();
  bool all_open = true;
  for (const DatabaseStatus& one : seen) {
    Json object = {{"database", one.database}, {"schema", text_or_null(one.schema)}};
    put_state(object, one.status.state);
    Json migrations = Json::array();
    for (const StatusRow& row : status_rows(set, one.status)) {
      migrations.push_back(json_of_row(row));
    }
    object["migrations"] = std::move(migrations);
    databases.push_back(std::move(object));
    all_open = all_open && is_open(one.status.state.verdict);
  }
  // Without a database nothing is open: silence is never readiness.
  Json document = {{"open", all_open && !seen.empty()},
                   {"verdict", to_string(gravest(seen))},
                   {"databases", std::move(databases)}};
  return document_text(document);
}

std::string plan_json(std::span<const DatabasePlan> plans) {
  Json databases = Json::array();
  bool any_blocked = false;
  for (const DatabasePlan& one : plans) {
    Json steps = Json::array();
    for (const Step& step : one.plan.steps) steps.push_back(json_of_step(step));
    databases.push_back({{"database", one.database},
                         {"schema", text_or_null(one.schema)},
                         {"blocked", one.plan.blocked()},
                         {"steps", std::move(steps)},
                         {"warnings", json_of(one.plan.warnings)},
                         {"blocks", json_of(one.plan.blocks)}});
    any_blocked = any_blocked || one.plan.blocked();
  }
  return document_text({{"blocked", any_blocked}, {"databases", std::move(databases)}});
}

}  // namespace tidegate
