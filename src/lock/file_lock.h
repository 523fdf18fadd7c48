#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tidegate/lock.h"

namespace tidegate {

/// Which lock of which database file.
struct FileLockName {
  std::string database;       ///< the path; symbolic links are followed
  std::string history_table;  ///< empty for the usual one
};

/// The path of the lock's file, beside the database: `app.db-tidegate`, or
/// `app.db-tidegate-audit` for a history table `audit`.
///
/// Throws: Error{no_database} when the database isn't there.
std::string lock_file_path(const FileLockName& name);

/// A lock on a file beside an SQLite database: an open file description lock (fcntl(2)), which the
/// kernel drops when its holder dies, however it dies, and which a child process doesn't inherit
/// across exec. The file says who holds the lock; it is made once and stays.
///
/// Why not on the database itself: SQLite's own locks are on it, and closing any other descriptor
/// of that file in this process would drop them.
class FileLock : public Lock {
 public:
  /// `who` is how waiters call the holder.
  FileLock(FileLockName name, std::string who);
  ~FileLock() override;

  /// Writes: makes the file if it is absent, with the database's owner and permissions.
  /// Throws: Error{read_only, access_denied, no_database, statement_failed}.
  std::unique_ptr<HeldLock> try_acquire() override;

 private:
  FileLockName name_;
  std::string who_;
  std::string path_;
  int descriptor_ = -1;  ///< kept between tries: closing it would wake all other waiters
};

/// Sees who holds a FileLock. Takes and writes nothing; an absent file is nobody's.
class FileLockView : public LockView {
 public:
  explicit FileLockView(FileLockName name) : name_(std::move(name)) {}

  std::vector<Query> reads() const override { return {}; }
  std::optional<Holder> holder(std::span<const ReadResult> results) const override;

 private:
  FileLockName name_;
};

}  // namespace tidegate
