#pragma once

#include <memory>

#include "lock/lock_protocol.h"
#include "tidegate/lock.h"

namespace tidegate {

/// MySQL's and MariaDB's lock by name (GET_LOCK) of the session that migrates: lock and work die
/// together, on one connection. docs/decisions/0017-mysql.md
///
/// Such names are the whole server's, so the database's stands in it.
class MysqlSessionLock final : public Lock {
 public:
  /// `session` outlives this and every lock it hands out.
  MysqlSessionLock(Session& session, LockName name);

  /// One statement, which never waits.
  ///
  /// Throws: Error{read_only} on a replica; Error{usage} where the connection is in no database.
  std::unique_ptr<HeldLock> try_acquire() override;

 private:
  Session& session_;
  LockName name_;
};

/// Sees who holds a MysqlSessionLock. Any user may ask for the session's number; who that is stands
/// in the table of runs.
std::unique_ptr<LockView> make_mysql_session_view(const LockName& name);

}  // namespace tidegate
