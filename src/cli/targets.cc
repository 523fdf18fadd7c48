#include "cli/targets.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidegate::cli {
namespace {

/// Tells all findings.
///
/// Throws: Error{usage} when some are errors, saying how many.
void tell_findings(Context& context, const std::vector<Finding>& findings) {
  std::size_t error_count = 0;
  for (const Finding& finding : findings) {
    context.reporter.report({{}, Found{finding}});
    if (finding.severity == Severity::error) ++error_count;
  }
  if (error_count == 0) return;
  throw Error(ErrorCode::usage,
              fmt::format("{} in the migrations; nothing was run",
                          error_count == 1 ? "one error" : fmt::format("{} errors", error_count)));
}

std::string joined(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

std::size_t target_count(const Options& options) {
  return options.databases.size() * std::max<std::size_t>(options.schemas.size(), 1);
}

std::vector<TargetDatabase> open_targets(Context& context, Schemas schemas,
                                         const std::stop_token& stop) {
  const Options& options = context.options;
  if (options.databases.empty()) {
    throw Error(ErrorCode::usage, "no database was named",
                "give --database URL, set DATABASE_URL, or write database = \"URL\" into "
                "tidegate.toml");
  }
  std::vector<std::string> tenants = options.schemas;
  if (tenants.empty() || schemas == Schemas::none) tenants = {std::string()};
  std::vector<TargetDatabase> targets;
  for (const std::string& url : options.databases) {
    for (const std::string& tenant : tenants) {
      DatabaseSettings settings = options.database;
      settings.url = url;
      settings.schema = tenant;
      auto reporter = std::make_unique<TargetReporter>(context.reporter);
      Database database(std::move(settings), *reporter, context.clock, stop);
      reporter->call(database.shown());
      targets.push_back({tenant, std::move(reporter), std::move(database)});
    }
  }
  return targets;
}

MigrationSet load_migrations(Context& context) {
  LoadedFolder loaded = load_folder(context.options.folder);
  tell_findings(context, loaded.findings);
  if (loaded.set.migrations.empty() && context.options.allow_empty == Switch::off) {
    throw Error(
        ErrorCode::usage,
        fmt::format("there are no migrations in {}", joined(context.options.folder.folders)),
        "check --dir, make one with 'tidegate new NAME', or give --allow-empty");
  }
  return std::move(loaded.set);
}

MigrationSet checked(Context& context, MigrationSet set, std::string_view engine) {
  tell_findings(context, check_scripts(set, engine));
  return set;
}

void require_known(const MigrationSet& set, const Version& version, std::string_view flag) {
  if (set.find(version) != nullptr) return;
  std::string hint = "check the version, or --dir";
  if (!set.migrations.empty()) {
    hint = fmt::format("the versions go from {} to {}", set.migrations.front().version.text(),
                       set.migrations.back().version.text());
  }
  throw Error(ErrorCode::usage,
              fmt::format("{} {}: no migration in {} has that version", flag, version.text(),
                          joined(set.folders)),
              std::move(hint));
}

void require_known_target(const MigrationSet& set, const Policy& policy) {
  const bool exclusive = policy.target.kind == Target::Kind::to_exclusive;
  if (!exclusive && policy.target.kind != Target::Kind::to) return;
  require_known(set, policy.target.version, exclusive ? "--to-exclusive" : "--to");
}

ExitCode tell_end(Context& context, Reporter& reporter, const Error& error) {
  reporter.report({{}, Ended{error}});
  const int signal = context.signals.caught();
  if (error.code == ErrorCode::interrupted && signal != 0) return ended_by_signal(signal);
  return exit_code_of(error.code);
}

}  // namespace tidegate::cli
