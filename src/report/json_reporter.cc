#include "report/json_reporter.h"

#include "report/json_values.h"

namespace tidegate {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds kShortestBetweenProgress(1'000);

double in_milliseconds(microseconds duration) {
  return static_cast<double>(duration.count()) / 1'000.0;
}

const char* name_of(Direction direction) { return direction == Direction::up ? "up" : "down"; }

template <typename Step>
void put_step(Json& object, const Step& step) {
  object["version"] = step.version.text();
  object["name"] = step.name;
}

// Each function names its event and puts its fields in.

const char* put(Json& object, const ServerAwaited& event) {
  object["elapsed_ms"] = event.elapsed.count();
  object["error"] = json_of(event.error);
  return "server_awaited";
}

const char* put(Json& object, const LockBusy& event) {
  object["elapsed_ms"] = event.elapsed.count();
  object["holder"] = json_of(event.holder);
  return "lock_busy";
}

const char* put(Json& object, const LockTaken& event) {
  object["waited_ms"] = event.waited.count();
  return "lock_taken";
}

const char* put(Json& object, const SchemaCreated& event) {
  object["schema"] = event.schema;
  return "schema_created";
}

const char* put(Json& object, const RunStarted& event) {
  object["step_count"] = event.step_count;
  object["direction"] = name_of(event.direction);
  return "run_started";
}

const char* put(Json& object, const StepStarted& event) {
  put_step(object, event);
  object["direction"] = name_of(event.direction);
  object["step"] = event.index + 1;
  object["step_count"] = event.step_count;
  object["statement_count"] = event.statement_count;
  return "step_started";
}

const char* put(Json& object, const StatementStarted& event) {
  object["step"] = event.step_index + 1;
  object["statement"] = event.index + 1;
  object["statement_count"] = event.statement_count;
  object["file"] = event.place.file;
  object["line"] = event.place.line;
  object["column"] = event.place.column;
  object["sql"] = event.sql;
  return "statement_started";
}

const char* put(Json& object, const StepDone& event) {
  put_step(object, event);
  object["direction"] = name_of(event.direction);
  object["step"] = event.index + 1;
  object["step_count"] = event.step_count;
  object["duration_ms"] = in_milliseconds(event.duration);
  return "step_done";
}

const char* put(Json& object, const StepFailed& event) {
  put_step(object, event);
  object["direction"] = name_of(event.direction);
  object["error"] = json_of(event.error);
  return "step_failed";
}

const char* put(Json& object, const StepRetried& event) {
  put_step(object, event);
  object["attempt"] = event.attempt;
  object["pause_ms"] = event.pause.count();
  object["error"] = json_of(event.error);
  return "step_retried";
}

const char* put(Json& object, const NothingToDo& event) {
  object["recorded"] = event.recorded_count;
  object["waited_ms"] = event.waited.count();
  object["direction"] = name_of(event.direction);
  return "nothing_to_do";
}

const char* put(Json& object, const RunDone& event) {
  object["step_count"] = event.step_count;
  object["duration_ms"] = event.duration.count();
  object["direction"] = name_of(event.direction);
  return "run_done";
}

const char* put(Json& object, const GateShut& event) {
  object["elapsed_ms"] = event.elapsed.count();
  put_state(object, event.state);
  return "gate_shut";
}

const char* put(Json& object, const GateOpened& event) {
  object["elapsed_ms"] = event.elapsed.count();
  put_state(object, event.state);
  return "gate_opened";
}

const char* put(Json& object, const Found& event) {
  object.update(json_of(event.finding));
  return "found";
}

const char* put(Json& object, const ServerNotice& event) {
  object["severity"] = event.severity;
  object["message"] = event.message;
  return "server_notice";
}

const char* put(Json& object, const TargetsProgress& event) {
  object["done"] = event.done_count;
  object["total"] = event.total_count;
  if (event.changed_count) object["changed"] = *event.changed_count;
  object["elapsed_ms"] = event.elapsed.count();
  return "targets_progress";
}

const char* put(Json& object, const Ended& event) {
  object["error"] = json_of(event.error);
  return "ended";
}

bool tells_of_an_error(const Event& event) {
  if (const auto* found = std::get_if<Found>(&event.what)) {
    return found->finding.severity == Severity::error;
  }
  return std::holds_alternative<StepFailed>(event.what) ||
         std::holds_alternative<Ended>(event.what);
}

}  // namespace

std::string json_line(const Event& event) {
  Json object;
  object["time"] = utc_text(std::chrono::system_clock::now());
  object["event"] = Json();  // keeps its place before the fields
  if (!event.target.empty()) object["database"] = event.target;
  object["event"] = std::visit([&](const auto& what) { return put(object, what); }, event.what);
  return compact(object) + '\n';
}

// Waits are told at each look; a log wants a line when something changed, and of a run's progress
// one a second.
bool JsonReporter::is_news(const Event& event) {
  Wait& last = waits_[std::string(event.target)];
  Wait wait;
  if (const auto* busy = std::get_if<LockBusy>(&event.what)) {
    wait = {busy->holder.who, compact(json_of(busy->holder)), busy->elapsed};
  } else if (const auto* shut = std::get_if<GateShut>(&event.what)) {
    Json state;
    put_state(state, shut->state);
    wait = {std::string(to_string(shut->state.verdict)), compact(state), shut->elapsed};
  } else if (const auto* awaited = std::get_if<ServerAwaited>(&event.what)) {
    wait = {std::string(to_string(awaited->error.code)), compact(json_of(awaited->error)),
            awaited->elapsed};
  } else if (const auto* all = std::get_if<TargetsProgress>(&event.what)) {
    if (all->done_count == all->total_count) return true;
    wait = {"targets", std::to_string(all->done_count), all->elapsed};
  } else {
    last = {};
    return true;
  }
  if (last.told == wait.told) return false;
  if (last.about == wait.about && wait.at - last.at < kShortestBetweenProgress) return false;
  last = std::move(wait);
  return true;
}

void JsonReporter::report(const Event& event) {
  if (loudness_ == Loudness::quiet && !tells_of_an_error(event)) return;
  const std::lock_guard guard(mutex_);
  if (is_news(event)) out_.write(json_line(event));
}

void JsonReporter::tell(const Notice& notice) {
  if (loudness_ == Loudness::quiet) return;
  Json object;
  object["time"] = utc_text(std::chrono::system_clock::now());
  object["event"] = notice.event;
  if (!notice.target.empty()) object["database"] = notice.target;
  for (const auto& [name, value] : notice.fields) object[std::string(name)] = value;
  print(compact(object) + '\n');
}

void JsonReporter::print(std::string_view lines) {
  const std::lock_guard guard(mutex_);
  out_.write(lines);
}

}  // namespace tidegate
