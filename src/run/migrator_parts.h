#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "run/watched_run.h"
#include "tidegate/catalog.h"
#include "tidegate/clock.h"
#include "tidegate/history.h"
#include "tidegate/lock.h"
#include "tidegate/reporter.h"
#include "tidegate/session.h"

namespace tidegate {

/// What a migrator that waits takes along when it leaves its session, to come back with another.
struct Waiting {
  std::optional<TimePoint> since;
  std::optional<WatchedRun> watched;
  bool warned = false;
};

/// What a migrator works with: one session, and what is to be known about its database.
struct MigratorParts {
  Session& session;
  /// The lock that can be relied on there, and what sees its holder.
  std::function<std::unique_ptr<Lock>(const Server&)> make_lock;
  std::function<std::unique_ptr<LockView>(const Server&)> make_view;
  const HistoryReader& history;
  /// The writer for the schema that a look found.
  std::function<std::unique_ptr<HistoryWriter>(const std::string& schema)> make_writer;
  Reporter& reporter;
  const Clock& clock;
  std::stop_token stop;
  std::string target;       ///< for events
  std::string holder;       ///< how this replica calls itself
  std::string schema = {};  ///< made with the tables where it is absent; empty: the role's own
  /// Outlives the session. Null: nobody comes back, so it stays, however full the server is.
  Waiting* waiting = nullptr;
  const Catalog* catalog = nullptr;  ///< null: nothing is known of statements outside transactions
};

}  // namespace tidegate
