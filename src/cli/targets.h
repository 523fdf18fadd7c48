#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/target_reporter.h"
#include "tidegate/database.h"

namespace tidegate::cli {

/// One database, or one tenant's schema in it, that a command works on.
struct TargetDatabase {
  std::string url;
  std::string schema;  ///< the tenant, or empty
  std::unique_ptr<TargetReporter> reporter;
  Database database;

  const std::string& name() const { return database.shown(); }
};

enum class Schemas { each, none };

/// How many targets the options name: databases times schemas, of which a pattern is many.
std::size_t target_count(const Options& options);

/// More than this many are a fleet of tenants: replicas share the work, and one line tells of all.
inline constexpr std::size_t kFewTargets = 10;

inline constexpr std::chrono::milliseconds kConnectLimit{10'000};

/// The databases that the options name, each with every schema. Where a schema is a pattern
/// (`tenant_*`), the server is asked for the names, with `limit` for one that isn't there yet; else
/// nothing is sent, so that a URL that is wrong is found before any of them is touched.
///
/// Throws: Error{usage}, also when no database is named; Error{blocked} when no schema matches.
std::vector<TargetDatabase> open_targets(Context& context, Schemas schemas,
                                         const std::stop_token& stop,
                                         std::chrono::milliseconds limit = kConnectLimit);

/// The build's migrations. Findings are told, all of them.
///
/// Throws: Error{usage} when one of them is an error, or when there is no migration.
MigrationSet load_migrations(Context& context);

/// The same set with its scripts split and checked for `engine`. Findings are told.
///
/// Throws: Error{usage} when one of them is an error.
MigrationSet checked(Context& context, MigrationSet set, std::string_view engine);

/// Throws: Error{usage} when `version`, which `flag` gave, isn't one of the set.
void require_known(const MigrationSet& set, const Version& version, std::string_view flag);

/// The same for a policy's target.
void require_known_target(const MigrationSet& set, const Policy& policy);

/// Tells `reporter` what ended the work, and returns the code for it.
ExitCode tell_end(Context& context, Reporter& reporter, const Error& error);

}  // namespace tidegate::cli
