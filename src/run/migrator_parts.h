#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "tidegate/catalog.h"
#include "tidegate/clock.h"
#include "tidegate/history.h"
#include "tidegate/lock.h"
#include "tidegate/reporter.h"
#include "tidegate/session.h"

namespace tidegate {

/// What a migrator works with: one session, and what is to be known about its database.
struct MigratorParts {
  Session& session;
  Lock& lock;
  const LockView& lock_view;
  const HistoryReader& history;
  /// The writer for the schema that a look found.
  std::function<std::unique_ptr<HistoryWriter>(const std::string& schema)> make_writer;
  Reporter& reporter;
  const Clock& clock;
  std::stop_token stop;
  std::string target;       ///< for events
  std::string holder;       ///< how this replica calls itself
  std::string schema = {};  ///< made with the tables where it is absent; empty: the role's own
  const Catalog* catalog = nullptr;  ///< null: nothing is known of statements outside transactions
};

}  // namespace tidegate
