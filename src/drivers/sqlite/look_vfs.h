#pragma once

#include <sqlite3.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tidegate::sqlite {

/// A view of a database's files that can't change them: the system's VFS with all writing taken out
/// (https://www.sqlite.org/vfs.html). For one connection.
///
/// SQLite itself can't open every database for reading alone. It makes `-wal` and `-shm` files for
/// a database in WAL mode whose last user has closed it, and it must roll back what a dead program
/// left unfinished before it may read. Both need the right to write, and leave files behind that
/// may belong to the wrong user. Here
///
/// - what a rollback writes is kept in memory, over the file, until the read is over;
/// - a `-wal` that isn't there is empty, and an index that isn't there is kept in memory.
///
/// The file is opened for reading only, with real locks: a shared lock keeps every writer in
/// rollback mode out while we read, and keeps the last user of a WAL database from removing its
/// files. The index in memory is not shared with anybody, so `still_true` must be asked after
/// reading: when another program has begun to use the database in WAL mode meanwhile, what was read
/// doesn't count.
class LookVfs {
 public:
  LookVfs();
  ~LookVfs();
  LookVfs(const LookVfs&) = delete;
  LookVfs& operator=(const LookVfs&) = delete;

  const char* name() const { return name_.c_str(); }

  /// Whether what was read is what was committed. To be asked before the connection is closed.
  bool still_true() const;

 private:
  friend struct LookFile;
  friend struct LookMethods;

  sqlite3_vfs* real() const { return real_; }
  static bool exists(const std::string& path);
  void forget_rollback();
  int read(sqlite3_file* file, char* buffer, int size, sqlite3_int64 offset) const;
  sqlite3_int64 size_of(sqlite3_file* file, int& code) const;

  sqlite3_vfs vfs_{};
  sqlite3_vfs* real_;
  std::string name_;
  std::string path_;

  // The rollback of a dead program's transaction, in memory.
  std::map<sqlite3_int64, std::string> written_;  ///< by offset
  std::optional<sqlite3_int64> size_;
  bool journal_removed_ = false;

  // WAL mode.
  enum class Index { undecided, shared, own };
  bool wal_opened_ = false;
  bool wal_missing_ = false;
  Index index_ = Index::undecided;
  std::vector<std::unique_ptr<std::byte[]>> index_regions_;
};

}  // namespace tidegate::sqlite
