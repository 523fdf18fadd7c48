#include "report/json_values.h"

#include <fmt/format.h>

#include <ctime>

namespace tidegate {
namespace {

void put_if_known(Json& object, const char* name, const std::string& value) {
  if (!value.empty()) object[name] = value;
}

void put_place(Json& object, const Place& place) {
  if (place.file.empty()) return;
  object["file"] = place.file;
  if (place.line == 0) return;
  object["line"] = place.line;
  object["column"] = place.column;
}

}  // namespace

Json json_of(const Error& error) {
  Json object;
  object["code"] = to_string(error.code);
  object["message"] = error.message;
  put_if_known(object, "hint", error.hint);
  put_place(object, error.place);
  put_if_known(object, "statement", error.statement);
  put_if_known(object, "server_code", error.server_code);
  put_if_known(object, "detail", error.detail);
  return object;
}

Json json_of(const Finding& finding) {
  Json object;
  object["severity"] = finding.severity == Severity::warning ? "warning" : "error";
  object["rule"] = finding.rule;
  object["message"] = finding.message;
  put_if_known(object, "recipe", finding.recipe);
  put_place(object, finding.place);
  return object;
}

Json json_of(const Holder& holder) {
  return {{"who", text_or_null(holder.who)},
          {"since", text_or_null(holder.since)},
          {"progress", text_or_null(holder.progress)},
          {"stopped_process", holder.stopped_process ? Json(*holder.stopped_process) : Json()}};
}

Json json_of(const Run& run) {
  return {{"id", run.id},
          {"state", to_string(run.state)},
          {"direction", run.direction == Direction::up ? "up" : "down"},
          {"holder", run.holder},
          {"started_at", text_or_null(run.started_at)},
          {"heartbeat_at", text_or_null(run.heartbeat_at)},
          {"migration", text_or_null(run.migration)},
          {"statement", run.statement},
          {"statement_count", run.statement_count},
          {"error", text_or_null(run.error)},
          {"server_code", text_or_null(run.server_code)}};
}

Json json_of(const std::vector<Version>& versions) {
  Json array = Json::array();
  for (const Version& version : versions) array.push_back(version.text());
  return array;
}

Json json_of(const std::vector<Finding>& findings) {
  Json array = Json::array();
  for (const Finding& finding : findings) array.push_back(json_of(finding));
  return array;
}

void put_state(Json& object, const GateState& state) {
  object["verdict"] = to_string(state.verdict);
  object["reason"] = state.reason;
  object["recipe"] = text_or_null(state.recipe);
  object["open"] = is_open(state.verdict);
  object["needed"] = state.needed_count;
  object["recorded"] = state.recorded_count;
  object["missing"] = json_of(state.missing);
  object["ahead"] = json_of(state.ahead);
  object["holder"] = state.holder ? json_of(*state.holder) : Json();
  object["last_run"] = state.last_run ? json_of(*state.last_run) : Json();
  object["floor"] = state.floor ? Json(state.floor->text()) : Json();
  object["findings"] = json_of(state.findings);
}

Json text_or_null(std::string_view text) { return text.empty() ? Json() : Json(text); }

std::string compact(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string utc_text(std::chrono::system_clock::time_point moment) {
  const auto since_epoch =
      std::chrono::duration_cast<std::chrono::milliseconds>(moment.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(since_epoch / 1'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     since_epoch % 1'000);
}

}  // namespace tidegate
