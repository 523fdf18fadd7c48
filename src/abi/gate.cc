#include "abi/gate.h"

#include <fmt/format.h>

#include <mutex>
#include <utility>

#include "base/duration.h"
#include "report/json_reporter.h"
#include "report/json_values.h"

namespace tidegate::abi {
namespace {

std::string with_recipe(const std::string& sentence, const std::string& recipe) {
  return recipe.empty() ? sentence : fmt::format("{}\n{}", sentence, recipe);
}

std::string text_of(const Finding& finding) {
  const std::string place = finding.place.file.empty() ? "" : to_string(finding.place) + ": ";
  return with_recipe(place + finding.message, finding.recipe);
}

const Finding* first_error(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    if (finding.severity == Severity::error) return &finding;
  }
  return nullptr;
}

}  // namespace

std::string text_of(const Error& error) {
  const std::string place = error.place.file.empty() ? "" : to_string(error.place) + ": ";
  return with_recipe(place + error.message, error.hint);
}

/// Hands events on as lines of JSON.
class Gate::Listener : public Reporter {
 public:
  Listener(Hear hear, void* context) : hear_(hear), context_(context) {}

  void report(const Event& event) override {
    if (hear_ == nullptr) return;
    std::string line = json_line(event);
    if (line.ends_with('\n')) line.pop_back();
    const std::lock_guard guard(mutex_);
    hear_(context_, line.c_str());
  }

 private:
  std::mutex mutex_;
  Hear hear_;
  void* context_;
};

Gate::Gate(std::string database, std::string folder) {
  database_.url = std::move(database);
  folder_.folders.push_back(std::move(folder));
}

void Gate::set(std::string_view name, std::string value) {
  const std::pair<std::string_view, std::string*> texts[] = {
      {"format", &folder_.format},
      {"schema", &database_.schema},
      {"history-schema", &database_.history_schema},
      {"history-table", &database_.history_table},
      {"lock", &database_.lock},
      {"holder", &database_.holder}};
  for (const auto& [known, text] : texts) {
    if (name != known) continue;
    *text = std::move(value);
    return;
  }
  if (name == "folder") {
    folder_.folders.push_back(std::move(value));
    return;
  }
  if (name != "timeout") {
    throw Error(ErrorCode::usage, fmt::format("there is no setting named {}", name),
                "use one of: folder, format, schema, history-schema, history-table, lock, holder, "
                "timeout");
  }
  const auto duration = parse_duration(value);
  if (!duration) {
    throw Error(ErrorCode::usage, fmt::format("{} is not a duration", value),
                "write it with its unit: 500ms, 30s, 5m");
  }
  timeout_ = *duration;
}

void Gate::listen(Hear hear, void* context) {
  hear_ = hear;
  context_ = context;
}

MigrationSet Gate::load(std::string_view engine, Reporter& reporter) const {
  LoadedFolder loaded = load_folder(folder_);
  std::vector<Finding> findings = std::move(loaded.findings);
  if (first_error(findings) == nullptr && !engine.empty()) {
    for (Finding& finding : check_scripts(loaded.set, engine)) {
      findings.push_back(std::move(finding));
    }
  }
  for (const Finding& finding : findings) reporter.report({{}, Found{finding}});
  if (const Finding* wrong = first_error(findings)) {
    throw Error(ErrorCode::usage, text_of(*wrong));
  }
  if (loaded.set.migrations.empty()) {
    throw Error(ErrorCode::usage,
                fmt::format("there are no migrations in {}", folder_.folders.front()),
                "check the folder's path");
  }
  return std::move(loaded.set);
}

void Gate::keep(const GateState& seen) {
  Json object;
  put_state(object, seen);
  state = compact(object);
  if (!is_open(seen.verdict)) {
    message = with_recipe(fmt::format("{}: {}", to_string(seen.verdict), seen.reason), seen.recipe);
  }
}

ExitCode Gate::migrate() {
  Listener listener(hear_, context_);
  Database database(database_, listener, system_clock(), stop_.get_token());
  const MigrationSet set = load(database.engine(), listener);
  MigrateOptions options;
  options.wait_limit = timeout_;
  const MigrateReport report = database.migrate(set, options);
  if (report.error) message = text_of(*report.error);
  if (!report.findings.empty()) message = text_of(report.findings.front());
  return exit_code_of(report.outcome);
}

ExitCode Gate::wait() {
  Listener listener(hear_, context_);
  Database database(database_, listener, system_clock(), stop_.get_token());
  const MigrationSet set = load({}, listener);
  WaitOptions options;
  options.timeout = timeout_;
  const GateState seen = database.wait(set, options);
  keep(seen);
  return exit_code_of_wait(seen.verdict, FailFast::yes);
}

ExitCode Gate::check() {
  Listener listener(hear_, context_);
  Database database(database_, listener, system_clock(), stop_.get_token());
  const GateState seen = database.status(load({}, listener)).state;
  keep(seen);
  return exit_code_of_status(seen.verdict, Check::yes);
}

}  // namespace tidegate::abi
