#pragma once

#include <memory>

#include "lock/lock_protocol.h"

namespace tidegate {

/// Sees Ecto's default lock on PostgreSQL: SHARE UPDATE EXCLUSIVE on its `schema_migrations`, held
/// while a migration runs. Its other one, an advisory lock, has a key that only the name of the
/// Elixir module tells, so a migrator that uses it isn't seen.
/// https://hexdocs.pm/ecto_sql/Ecto.Migrator.html
std::unique_ptr<LockView> make_ecto_lock_view(const LockName& name);

/// Sees nobody, where a tool takes no lock.
std::unique_ptr<LockView> make_blind_view(const LockName& name);

}  // namespace tidegate
