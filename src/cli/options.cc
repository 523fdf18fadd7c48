#include "cli/options.h"

#include <fmt/format.h>

#include <charconv>

#include "base/duration.h"
#include "cli/config_file.h"
#include "cli/environment.h"
#include "cli/secrets.h"
#include "tidegate/error.h"

namespace tidegate::cli {
namespace {

[[noreturn]] void refuse(const Given& given, std::string_view what, std::string hint) {
  throw Error(ErrorCode::usage,
              fmt::format("{}: '{}' is {}", given.where, masked(given.values.front()), what),
              std::move(hint));
}

/// Reads values by name; what wasn't given leaves its variable as it is.
class Wanted {
 public:
  explicit Wanted(const Values& values) : values_(values) {}

  void read(std::string_view name, std::string& text) const {
    if (const Given* given = find(name)) text = given->values.front();
  }

  void read(std::string_view name, std::vector<std::string>& list) const {
    if (const Given* given = find(name)) list = given->values;
  }

  void read(std::string_view name, Switch& value) const {
    if (const Given* given = find(name)) value = means_on(*given) ? Switch::on : Switch::off;
  }

  void read(std::string_view name, std::optional<Version>& version) const {
    const Given* given = find(name);
    if (given == nullptr) return;
    version = Version::parse_integer(given->values.front());
    if (!version) refuse(*given, "no version", "a version is the number a file's name begins with");
  }

  template <typename Duration>
  void read_duration(std::string_view name, Duration& duration) const {
    const Given* given = find(name);
    if (given == nullptr) return;
    const std::string& text = given->values.front();
    const auto parsed = parse_duration(text);
    if (!parsed) refuse(*given, "no duration", duration_hint(text));
    duration = *parsed;
  }

  std::optional<std::uint32_t> count(std::string_view name) const {
    const Given* given = find(name);
    if (given == nullptr) return std::nullopt;
    const std::string& text = given->values.front();
    std::uint32_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc() || end != text.data() + text.size() || number == 0) {
      refuse(*given, "no count", "write a whole number from 1");
    }
    return number;
  }

  /// The place of the choice among the setting's, or nothing when none was made.
  std::optional<std::size_t> choice(std::string_view name) const {
    const Given* given = find(name);
    if (given == nullptr) return std::nullopt;
    const auto choices = find_setting(name)->choices;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      if (choices[i] == given->values.front()) return i;
    }
    refuse(*given, "none of the choices", fmt::format("write {}", fmt::join(choices, ", ")));
  }

 private:
  const Given* find(std::string_view name) const { return values_.find(name); }

  static std::string duration_hint(std::string_view text) {
    const bool bare = text.find_first_not_of("0123456789") == std::string_view::npos;
    if (bare && !text.empty() && text.size() < 10) {
      return fmt::format("say of what: {0}s, {0}ms, {0}m or {0}h", text);
    }
    return "write 500ms, 5s, 2m or 1h";
  }

  const Values& values_;
};

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
