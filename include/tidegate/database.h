#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "tidegate/clock.h"
#include "tidegate/gate.h"
#include "tidegate/migration.h"
#include "tidegate/plan.h"
#include "tidegate/reporter.h"

namespace tidegate {

/// One database, and where in it the history is.
struct DatabaseSettings {
  std::string url = {};
  std::string schema = {};          ///< the tenant: history inside, SQL run with it as search path
  std::string history_schema = {};  ///< empty: the tenant's, or the role's own
  std::string history_table = {};   ///< empty: the history kind's usual name
  std::string lock = {};            ///< a lock protocol by name; empty: what the server needs
  std::string holder = {};          ///< how this replica calls itself; empty: host name and pid
};

/// How to apply.
struct MigrateOptions {
  Policy policy;
  /// How long to wait for another replica's run; nothing: as long as it takes.
  std::optional<std::chrono::milliseconds> wait_limit;
  /// How long to wait for a server that doesn't answer.
  std::chrono::milliseconds connect_limit{10'000};
  /// How long to wait for one that answers that it is starting or full. While another replica
  /// migrates, that replica's end is waited for, however full the server.
  std::chrono::milliseconds refused_limit{300'000};
  /// A transactional migration's default; a file's own `lock-timeout` beats it.
  std::chrono::milliseconds lock_timeout{5'000};
  bool single_transaction = false;
};

/// How to wait.
struct WaitOptions {
  Needs needs;
  std::chrono::milliseconds timeout{300'000};
  bool fail_fast = true;
  /// The longest pause between two looks.
  std::chrono::milliseconds interval{1'000};
};

enum class Outcome {
  done,           ///< something was applied or reverted
  nothing_to_do,  ///< all was there
  blocked,        ///< needs a person; nothing was done
  failed,         ///< a migration failed: ours, or that of the replica we waited for
  busy,           ///< another replica held the lock longer than `wait_limit`
};

/// One migration that was applied or reverted in this run.
struct AppliedStep {
  Version version;
  std::string name;
  Direction direction = Direction::up;
  std::chrono::microseconds duration{0};
};

/// What a run came to. A failed migration doesn't throw: what went before it stays told.
struct MigrateReport {
  Outcome outcome = Outcome::nothing_to_do;
  std::vector<AppliedStep> applied;
  std::optional<Error> error;     ///< for `failed` and `busy`
  /// For `failed`: it ran statement by statement, and what its earlier statements did stays.
  bool failed_in_part = false;
  std::vector<Finding> findings;  ///< for `blocked`
};

/// A person's answer about a statement outside a transaction that was interrupted.
enum class Interrupted { took_effect, left_nothing };

/// What a look came to: the gate's state and the records behind it.
struct Status {
  GateState state;
  History history;
};

/// One database with the verbs of the command line. Each verb opens its own connection and closes
/// it before it returns.
///
/// Threads: one at a time; several objects may be used at once.
class Database {
 public:
  /// Takes the settings apart; sends nothing.
  ///
  /// Throws: Error{usage}.
  Database(DatabaseSettings settings, Reporter& reporter, const Clock& clock,
           std::stop_token stop = {});
  ~Database();
  Database(Database&&) noexcept;

  /// The same database with another tenant's schema. The two are used one after the other, and then
  /// migrate on one connection where the server allows it: a thousand tenants aren't a thousand
  /// connections.
  Database sibling(std::string schema, Reporter& reporter) const;

  /// The database for people, without its password; with the schema where one was given.
  const std::string& shown() const;
  /// The driver's name, for `check_scripts`.
  std::string_view engine() const;

  /// Applies or reverts by `options.policy`. `set` must have been through `check_scripts`.
  ///
  /// Writes: the lock, history and run tables, and whatever the migrations do.
  /// Blocks: while another replica migrates, up to `wait_limit`.
  /// Throws: Error for what isn't a migration's fault: unreachable, interrupted, ….
  MigrateReport migrate(const MigrationSet& set, const MigrateOptions& options);

  /// What `migrate` would do. Writes and locks nothing.
  Plan plan(const MigrationSet& set, const Policy& policy);

  /// Looks once. Writes and locks nothing; a server that can't be reached is a verdict.
  Status status(const MigrationSet& set, const Needs& needs = {});

  /// Looks until the verdict is open, final or `timeout` has passed; returns the last state.
  ///
  /// Writes and locks nothing. Blocks: up to `timeout`.
  GateState wait(const MigrationSet& set, const WaitOptions& options);

  /// Records everything up to `version` as applied without running it. Returns what was recorded.
  ///
  /// Throws: Error{blocked} when the history isn't empty, Error{usage} for an unknown version.
  std::vector<Version> baseline(const MigrationSet& set, const Version& version);

  /// Records the file's present text as the applied one.
  ///
  /// Throws: Error{usage} when that version has no file or no record.
  void accept(const MigrationSet& set, const Version& version);

  /// Settles the interrupted statement of a migration outside a transaction.
  ///
  /// Writes: the journal. Throws: Error{usage} when nothing of that version is in question.
  void resolve(const MigrationSet& set, const Version& version, Interrupted answer);

  /// The schemas whose names match `pattern`, in which `*` stands for any text; in their order.
  ///
  /// Writes nothing. Blocks: for a server that may come back, up to `limit`.
  /// Throws: Error{usage} where there are no schemas; as `plan`.
  std::vector<std::string> schemas_like(std::string_view pattern, std::chrono::milliseconds limit);

  /// Makes the database itself. Returns whether it had to be made.
  bool create();
  /// Drops it. Returns whether there was one.
  bool drop(bool end_other_sessions);

 private:
  struct Parts;
  explicit Database(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tidegate
