#include "drivers/sqlite/look_vfs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>

namespace tidegate::sqlite {

/// A file as SQLite sees it; the system's own file follows in the same memory.
struct LookFile {
  sqlite3_file base;
  LookVfs* owner;
  enum class Kind { database, missing_wal, other } kind;

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  const sqlite3_io_methods& call() { return *real()->pMethods; }
};

/// What SQLite calls. Each does what its name says in https://www.sqlite.org/c3ref/io_methods.html.
struct LookMethods {
  static LookFile& file_of(sqlite3_file* file) { return *reinterpret_cast<LookFile*>(file); }
  static LookVfs& vfs_of(sqlite3_vfs* vfs) { return *static_cast<LookVfs*>(vfs->pAppData); }
  static bool is_database(const LookFile& file) { return file.kind == LookFile::Kind::database; }
  static bool is_missing(const LookFile& file) { return file.kind == LookFile::Kind::missing_wal; }

  static int close(sqlite3_file* base) {
    LookFile& file = file_of(base);
    return is_missing(file) ? SQLITE_OK : file.call().xClose(file.real());
  }

  static int read(sqlite3_file* base, void* buffer, int size, sqlite3_int64 offset) {
    LookFile& file = file_of(base);
    if (is_missing(file)) {
      std::memset(buffer, 0, static_cast<std::size_t>(size));
      return SQLITE_IOERR_SHORT_READ;
    }
    if (!is_database(file)) return file.call().xRead(file.real(), buffer, size, offset);
    return file.owner->read(file.real(), static_cast<char*>(buffer), size, offset);
  }

  // Only the rollback of a journal comes here: for all else RESERVED is refused. What it writes
  // into the journal itself (its header, when it is done) is of no use.
  static int write(sqlite3_file* base, const void* buffer, int size, sqlite3_int64 offset) {
    LookFile& file = file_of(base);
    if (!is_database(file)) return SQLITE_OK;
    LookVfs& owner = *file.owner;
    int code = SQLITE_OK;
    const sqlite3_int64 old_size = owner.size_of(file.real(), code);
    if (code != SQLITE_OK) return code;
    owner.written_[offset].assign(static_cast<const char*>(buffer), static_cast<std::size_t>(size));
    owner.size_ = std::max(old_size, offset + size);
    return SQLITE_OK;
  }

  static int truncate(sqlite3_file* base, sqlite3_int64 size) {
    LookFile& file = file_of(base);
    if (is_database(file)) file.owner->size_ = size;
    return SQLITE_OK;
  }

  static int sync(sqlite3_file*, int) { return SQLITE_OK; }

  static int file_size(sqlite3_file* base, sqlite3_int64* size) {
    LookFile& file = file_of(base);
    *size = 0;
    if (is_missing(file)) return SQLITE_OK;
    if (!is_database(file)) return file.call().xFileSize(file.real(), size);
    int code = SQLITE_OK;
    *size = file.owner->size_of(file.real(), code);
    return code;
  }

  // SHARED is real. EXCLUSIVE is asked for by a rollback; our real SHARED lock already keeps others
  // from changing the file, and it is a copy in memory that is rolled back. In WAL mode it is asked
  // for when the connection closes, so as to remove the files: that is refused.
  static int lock(sqlite3_file* base, int level) {
    LookFile& file = file_of(base);
    if (level <= SQLITE_LOCK_SHARED) return file.call().xLock(file.real(), level);
    if (level == SQLITE_LOCK_RESERVED) return SQLITE_READONLY;
    return file.owner->wal_opened_ ? SQLITE_BUSY : SQLITE_OK;
  }

  static int unlock(sqlite3_file* base, int level) {
    LookFile& file = file_of(base);
    if (level == SQLITE_LOCK_NONE) file.owner->forget_rollback();
    return file.call().xUnlock(file.real(), level);
  }

  static int check_reserved_lock(sqlite3_file* base, int* held) {
    LookFile& file = file_of(base);
    return file.call().xCheckReservedLock(file.real(), held);
  }

  static int file_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }

  static int sector_size(sqlite3_file* base) {
    LookFile& file = file_of(base);
    return is_missing(file) ? 4096 : file.call().xSectorSize(file.real());
  }

  static int device_characteristics(sqlite3_file* base) {
    LookFile& file = file_of(base);
    return is_missing(file) ? 0 : file.call().xDeviceCharacteristics(file.real());
  }

  // The choice is made while we hold the shared lock, so a file that is there now stays.
  static int index_map(sqlite3_file* base, int region, int size, int extend, void volatile** at) {
    LookFile& file = file_of(base);
    LookVfs& owner = *file.owner;
    if (owner.index_ == LookVfs::Index::undecided) {
      const bool shared = !owner.wal_missing_ && owner.exists(owner.path_ + "-shm");
      owner.index_ = shared ? LookVfs::Index::shared : LookVfs::Index::own;
    }
    if (owner.index_ == LookVfs::Index::shared) {
      return file.call().xShmMap(file.real(), region, size, extend, at);
    }
    const auto wanted = static_cast<std::size_t>(region);
    while (owner.index_regions_.size() <= wanted) {
      owner.index_regions_.push_back(std::make_unique<std::byte[]>(static_cast<std::size_t>(size)));
    }
    *at = owner.index_regions_[wanted].get();
    return SQLITE_OK;
  }

  static int index_lock(sqlite3_file* base, int offset, int count, int flags) {
    LookFile& file = file_of(base);
    if (file.owner->index_ != LookVfs::Index::shared) return SQLITE_OK;
    return file.call().xShmLock(file.real(), offset, count, flags);
  }

  static void index_barrier(sqlite3_file* base) {
    LookFile& file = file_of(base);
    if (file.owner->index_ == LookVfs::Index::shared) file.call().xShmBarrier(file.real());
  }

  static int index_unmap(sqlite3_file* base, int /*remove*/) {
    LookFile& file = file_of(base);
    if (file.owner->index_ == LookVfs::Index::shared) file.call().xShmUnmap(file.real(), 0);
    file.owner->index_regions_.clear();
    file.owner->index_ = LookVfs::Index::undecided;
    return SQLITE_OK;
  }

  static int open(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* base, int flags,
                  int* out_flags);
  static int remove(sqlite3_vfs* vfs, const char* path, int sync_directory);
  static int access(sqlite3_vfs* vfs, const char* path, int flags, int* result);
};

namespace {

constexpr sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = LookMethods::close,
    .xRead = LookMethods::read,
    .xWrite = LookMethods::write,
    .xTruncate = LookMethods::truncate,
    .xSync = LookMethods::sync,
    .xFileSize = LookMethods::file_size,
    .xLock = LookMethods::lock,
    .xUnlock = LookMethods::unlock,
    .xCheckReservedLock = LookMethods::check_reserved_lock,
    .xFileControl = LookMethods::file_control,
    .xSectorSize = LookMethods::sector_size,
    .xDeviceCharacteristics = LookMethods::device_characteristics,
    .xShmMap = LookMethods::index_map,
    .xShmLock = LookMethods::index_lock,
    .xShmBarrier = LookMethods::index_barrier,
    .xShmUnmap = LookMethods::index_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int read_only(int flags) {
  return (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
}

}  // namespace

int LookMethods::open(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* base, int flags,
                      int* out_flags) {
  LookVfs& owner = vfs_of(vfs);
  const bool database = (flags & SQLITE_OPEN_MAIN_DB) != 0;
  const bool wal = (flags & SQLITE_OPEN_WAL) != 0;
  constexpr int kPassing = SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_TRANSIENT_DB |
                           SQLITE_OPEN_TEMP_JOURNAL | SQLITE_OPEN_SUBJOURNAL;
  if ((flags & kPassing) != 0) return SQLITE_CANTOPEN;  // a reader keeps those in memory
  auto* const file =
      new (base) LookFile{.base = {},
                          .owner = &owner,
                          .kind = database ? LookFile::Kind::database : LookFile::Kind::other};
  std::memset(file->real(), 0, static_cast<std::size_t>(owner.real()->szOsFile));
  if (database) owner.path_ = path;
  if (wal) {
    owner.wal_opened_ = true;
    owner.wal_missing_ = !owner.exists(path);
  }
  if (wal && owner.wal_missing_) {
    file->kind = LookFile::Kind::missing_wal;
  } else {
    const int code =
        owner.real()->xOpen(owner.real(), path, file->real(), read_only(flags), nullptr);
    if (code != SQLITE_OK) return code;
  }
  file->base.pMethods = &kMethods;
  // A database that says it is read-only is not rolled back. A WAL that does is not written.
  if (out_flags != nullptr) *out_flags = wal ? read_only(flags) : flags;
  return SQLITE_OK;
}

int LookMethods::remove(sqlite3_vfs* vfs, const char* path, int /*sync_directory*/) {
  LookVfs& owner = vfs_of(vfs);
  if (owner.path_ + "-journal" == path) owner.journal_removed_ = true;
  return SQLITE_OK;
}

int LookMethods::access(sqlite3_vfs* vfs, const char* path, int flags, int* result) {
  LookVfs& owner = vfs_of(vfs);
  *result = 0;
  if (owner.journal_removed_ && owner.path_ + "-journal" == path) return SQLITE_OK;
  return owner.real()->xAccess(owner.real(), path, flags, result);
}

LookVfs::LookVfs()
    : real_(sqlite3_vfs_find(nullptr)),
      name_(fmt::format("tidegate-look-{}", static_cast<const void*>(this))) {
  vfs_.iVersion = 2;
  vfs_.szOsFile = static_cast<int>(sizeof(LookFile)) + real_->szOsFile;
  vfs_.mxPathname = real_->mxPathname;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = LookMethods::open;
  vfs_.xDelete = LookMethods::remove;
  vfs_.xAccess = LookMethods::access;
  vfs_.xFullPathname = [](sqlite3_vfs* vfs, const char* path, int size, char* full) {
    sqlite3_vfs* const real = LookMethods::vfs_of(vfs).real();
    return real->xFullPathname(real, path, size, full);
  };
  vfs_.xRandomness = [](sqlite3_vfs* vfs, int size, char* bytes) {
    sqlite3_vfs* const real = LookMethods::vfs_of(vfs).real();
    return real->xRandomness(real, size, bytes);
  };
  vfs_.xSleep = [](sqlite3_vfs* vfs, int microseconds) {
    sqlite3_vfs* const real = LookMethods::vfs_of(vfs).real();
    return real->xSleep(real, microseconds);
  };
  vfs_.xGetLastError = [](sqlite3_vfs* vfs, int size, char* text) {
    sqlite3_vfs* const real = LookMethods::vfs_of(vfs).real();
    return real->xGetLastError(real, size, text);
  };
  vfs_.xCurrentTimeInt64 = [](sqlite3_vfs* vfs, sqlite3_int64* now) {
    sqlite3_vfs* const real = LookMethods::vfs_of(vfs).real();
    return real->xCurrentTimeInt64(real, now);
  };
  sqlite3_vfs_register(&vfs_, 0);
}

LookVfs::~LookVfs() { sqlite3_vfs_unregister(&vfs_); }

// Not through xAccess: that overlooks files that are empty or that we may not write.
bool LookVfs::exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

bool LookVfs::still_true() const {
  if (index_ != Index::own) return true;
  return !exists(path_ + "-shm") && (!wal_missing_ || !exists(path_ + "-wal"));
}

void LookVfs::forget_rollback() {
  written_.clear();
  size_.reset();
  journal_removed_ = false;
}

sqlite3_int64 LookVfs::size_of(sqlite3_file* file, int& code) const {
  if (size_) return *size_;
  sqlite3_int64 size = 0;
  code = file->pMethods->xFileSize(file, &size);
  return size;
}

int LookVfs::read(sqlite3_file* file, char* buffer, int size, sqlite3_int64 offset) const {
  const int code = file->pMethods->xRead(file, buffer, size, offset);  // zeroes what isn't there
  if ((code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) || !size_) return code;
  const sqlite3_int64 end = offset + size;
  auto at = written_.upper_bound(offset);  // pages don't overlap
  if (at != written_.begin()) --at;
  for (; at != written_.end() && at->first < end; ++at) {
    const auto& [start, bytes] = *at;
    const sqlite3_int64 from = std::max(offset, start);
    const sqlite3_int64 to = std::min(end, start + static_cast<sqlite3_int64>(bytes.size()));
    if (from < to) {
      std::memcpy(buffer + (from - offset), bytes.data() + (from - start),
                  static_cast<std::size_t>(to - from));
    }
  }
  if (end <= *size_) return SQLITE_OK;
  const sqlite3_int64 there = std::clamp<sqlite3_int64>(*size_ - offset, 0, size);
  std::memset(buffer + there, 0, static_cast<std::size_t>(size - there));
  return SQLITE_IOERR_SHORT_READ;
}

}  // namespace tidegate::sqlite
