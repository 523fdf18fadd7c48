#include "cli/options.h"

#include <fmt/format.h>

#include "cli/config_file.h"
#include "cli/environment.h"
#include "cli/wanted.h"
#include "tidegate/error.h"

namespace tidegate::cli {
namespace {

Target target_of(const Wanted& wanted) {
  Target target;
  std::optional<Version> to;
  std::optional<Version> to_exclusive;
  wanted.read("to", to);
  wanted.read("to-exclusive", to_exclusive);
  const auto step_count = wanted.count("step");
  if (to) target = {.kind = Target::Kind::to, .version = *to};
  if (to_exclusive) target = {.kind = Target::Kind::to_exclusive, .version = *to_exclusive};
  if (step_count) {
    target.kind = Target::Kind::step;
    target.step_count = *step_count;
  }
  return target;
}

Policy policy_of(const Wanted& wanted, const Values& values, std::string_view command) {
  Policy policy;
  policy.target = target_of(wanted);
  if (command == "rollback") {
    policy.direction = Direction::down;
    const Given* all = values.find("all");
    const bool everything = all != nullptr && means_on(*all);
    if (policy.target.kind == Target::Kind::all && !everything) {
      policy.target.kind = Target::Kind::step;
      policy.target.step_count = 1;
    }
  }
  constexpr PhaseFilter kPhaseFilters[] = {PhaseFilter::expand, PhaseFilter::contract,
                                           PhaseFilter::all};
  if (const auto phase = wanted.choice("phase")) policy.phase = kPhaseFilters[*phase];
  Switch strict = Switch::off;
  wanted.read("strict-order", strict);
  if (strict == Switch::on) policy.order = Order::strict;
  return policy;
}

void read_common(const Wanted& wanted, Options& options) {
  wanted.read("database", options.databases);
  wanted.read("schema", options.schemas);
  options.folder.folders = {"migrations"};
  wanted.read("dir", options.folder.folders);
  wanted.read("format", options.folder.format);
  wanted.read("history-table", options.database.history_table);
  wanted.read("history-schema", options.database.history_schema);
  wanted.read("lock", options.database.lock);
  wanted.read("holder", options.database.holder);
  wanted.read("allow-empty", options.allow_empty);
  wanted.read("help", options.help);
  wanted.read("man", options.man);
}

void read_reporting(const Wanted& wanted, Options& options) {
  if (wanted.choice("log-format").value_or(0) == 1) options.log_format = ReportFormat::json;
  Switch quiet = Switch::off;
  wanted.read("quiet", quiet);
  if (quiet == Switch::on) options.loudness = Loudness::quiet;
  Switch log_sql = Switch::off;
  wanted.read("log-sql", log_sql);
  if (log_sql == Switch::on) options.sql_log = SqlLog::on;
  options.color = static_cast<ColorChoice>(wanted.choice("color").value_or(0));
  wanted.read("json", options.json);
}

void read_running(const Wanted& wanted, Options& options) {
  wanted.read_duration("wait-timeout", options.migrate.wait_limit);
  wanted.read_duration("connect-timeout", options.migrate.connect_limit);
  wanted.read_duration("connect-timeout", options.migrate.refused_limit);
  wanted.read_duration("lock-timeout", options.migrate.lock_timeout);
  Switch single = Switch::off;
  wanted.read("single-transaction", single);
  options.migrate.single_transaction = single == Switch::on;
  wanted.read("dry-run", options.dry_run);

  wanted.read_duration("timeout", options.wait.timeout);
  wanted.read_duration("interval", options.wait.interval);
  wanted.read("for", options.wait.needs.up_to);
  Switch patient = Switch::off;
  wanted.read("no-fail-fast", patient);
  options.wait.fail_fast = patient == Switch::off;

  wanted.read("check", options.check);
  wanted.read("no-down", options.no_down);
  wanted.read("yes", options.yes);
  wanted.read("force", options.force);
  wanted.read("done", options.done);
  wanted.read("undone", options.undone);
}

}  // namespace

Options options_of(Values values, std::string_view command) {
  values.settle_exclusive_groups(command);
  Options options;
  options.command = command;
  const Wanted wanted(values);
  read_common(wanted, options);
  read_reporting(wanted, options);
  read_running(wanted, options);
  options.migrate.policy = policy_of(wanted, values, command);
  options.values = std::move(values);
  return options;
}

Options make_options(CommandLine command_line, const char* const* environment) {
  offer_environment(command_line.values, environment);
  offer_config_file(command_line.values);
  Options options = options_of(std::move(command_line.values), command_line.command);
  options.operands = std::move(command_line.operands);
  options.become = std::move(command_line.become);
  if (options.dry_run == Switch::on && !options.become.empty()) {
    throw Error(ErrorCode::usage, "--dry-run and a command after -- contradict each other",
                "give one of them");
  }
  return options;
}

}  // namespace tidegate::cli
