#include "cli/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

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

bool is_pattern(const std::string& schema) { return schema.find('*') != std::string::npos; }

/// The schemas that the options name in one database, each once.
std::vector<std::string> tenants_of(Context& context, DatabaseSettings settings,
                                    const std::stop_token& stop, std::chrono::milliseconds limit) {
  std::vector<std::string> tenants;
  for (const std::string& schema : context.options.schemas) {
    if (!is_pattern(schema)) {
      tenants.push_back(schema);
      continue;
    }
    Database database(settings, context.reporter, context.clock, stop);
    std::vector<std::string> found = database.schemas_like(schema, limit);
    if (found.empty()) {
      throw Error(ErrorCode::blocked,
                  fmt::format("{} has no schema whose name is like {}", database.shown(), schema),
                  "make the tenants' schemas first, or name one that 'migrate' is to make");
    }
    std::move(found.begin(), found.end(), std::back_inserter(tenants));
  }
  std::set<std::string_view> seen;
  std::vector<std::string> once;
  for (const std::string& tenant : tenants) {
    if (seen.insert(tenant).second) once.push_back(tenant);
  }
  return once;
}

}  // namespace

std::size_t target_count(const Options& options) {
  const auto is_many = [](const std::string& schema) { return is_pattern(schema); };
  if (std::ranges::any_of(options.schemas, is_many)) return kFewTargets + 1;
  return options.databases.size() * std::max<std::size_t>(options.schemas.size(), 1);
}

std::vector<TargetDatabase> open_targets(Context& context, Schemas schemas,
                                         const std::stop_token& stop,
                                         std::chrono::milliseconds limit) {
  const Options& options = context.options;
  if (options.databases.empty()) {
    throw Error(ErrorCode::usage, "no database was named",
                "give --database URL, set DATABASE_URL, or write database = \"URL\" into "
                "tidegate.toml");
  }
  std::vector<DatabaseSettings> all;
  for (const std::string& url : options.databases) {
    DatabaseSettings settings = options.database;
    settings.url = url;
    if (schemas == Schemas::none || options.schemas.empty()) {
      all.push_back(settings);
      continue;
    }
    for (std::string& tenant : tenants_of(context, settings, stop, limit)) {
      settings.schema = std::move(tenant);
      all.push_back(settings);
    }
  }
  const bool troubles = all.size() > kFewTargets && options.log_format == ReportFormat::text;
  const auto detail = troubles ? TargetReporter::Detail::troubles : TargetReporter::Detail::all;
  std::vector<TargetDatabase> targets;
  for (DatabaseSettings& settings : all) {
    std::string schema = settings.schema;
    auto reporter = std::make_unique<TargetReporter>(context.reporter, detail);
    const bool is_sibling = !targets.empty() && targets.back().url == settings.url;
    Database database = is_sibling ? targets.back().database.sibling(schema, *reporter)
                                   : Database(settings, *reporter, context.clock, stop);
    reporter->call(database.shown());
    targets.push_back({settings.url, std::move(schema), std::move(reporter), std::move(database)});
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
