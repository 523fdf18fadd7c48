#include "drivers/sqlite/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/file_descriptor.h"
#include "drivers/sqlite/connection.h"

namespace tidegate::sqlite {

namespace {

namespace fs = std::filesystem;

/// How long dropping waits for another program's lock.
constexpr std::chrono::milliseconds kDropPatience{1'000};

Error system_error(const DatabaseUrl& url, std::string_view what, int number) {
  const auto code = [number] {
    switch (number) {
      case EACCES:
      case EPERM:
        return ErrorCode::access_denied;
      case EROFS:
        return ErrorCode::read_only;
      case ENOSPC:
      case EDQUOT:
        return ErrorCode::disk_full;
      default:
        return ErrorCode::usage;
    }
  }();
  return {code, fmt::format("{} can't be {}: {}", url.shown, what, std::strerror(number))};
}

void require_writable(const DatabaseUrl& url) {
  if (mode_of(url) == Mode::read_write) return;
  throw Error(ErrorCode::read_only, fmt::format("the URL asks for {} to be only read", url.shown),
              "remove mode=ro from the URL");
}

fs::path directory_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

bool is_lock_file(std::string_view name, const std::string& database) {
  if (!name.starts_with(database)) return false;
  const std::string_view suffix = name.substr(database.size());
  return suffix == kLockSuffix || suffix.starts_with(std::string(kLockSuffix) + "-");
}

/// A migrator's lock, taken so that none can start while the database goes.
struct TakenLock {
  fs::path path;
  FileDescriptor descriptor;
};

std::vector<TakenLock> take_locks(const DatabaseUrl& url, const fs::path& database) {
  std::vector<TakenLock> locks;
  for (const auto& entry : fs::directory_iterator(database.parent_path())) {
    if (!is_lock_file(entry.path().filename().string(), database.filename().string())) continue;
    FileDescriptor descriptor(::open(entry.path().c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!descriptor.open()) throw system_error(url, "dropped", errno);
    struct flock whole {};
    whole.l_type = F_WRLCK;
    if (::fcntl(descriptor.number(), F_OFD_SETLK, &whole) != 0) {
      throw Error(ErrorCode::blocked,
                  fmt::format("{} can't be dropped: a migrator is at work on it", url.shown),
                  "wait until it has ended: 'tidegate status' shows who it is");
    }
    locks.push_back({entry.path(), std::move(descriptor)});
  }
  return locks;
}

/// Makes sure that nobody else uses the database. Someone who has it open in rollback mode and does
/// nothing can't be seen.
void require_alone(Connection& connection) {
  try {
    if (connection.query({"PRAGMA journal_mode"}).text(0, 0) == "wal") {
      connection.execute("PRAGMA journal_mode = DELETE");
    }
    connection.execute("BEGIN EXCLUSIVE");
  } catch (Error& error) {
    if (error.code == ErrorCode::lock_timeout) {
      error.message =
          fmt::format("{} can't be dropped: another program uses it", connection.file().shown);
      error.hint = "stop that program, or use --force";
    }
    throw;
  }
}

void remove_file(const DatabaseUrl& url, const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw system_error(url, "dropped", errno);
}

}  // namespace

std::string existing_file(const DatabaseUrl& url) {
  std::error_code error;
  const fs::path path = fs::canonical(url.database, error);
  if (error == std::errc::no_such_file_or_directory) {
    throw Error(ErrorCode::no_database, fmt::format("{} is not there", url.shown),
                "make it with 'tidegate create', or check the path");
  }
  if (error) throw system_error(url, "opened", error.value());
  // Opening a pipe would block, and a directory gives a message that nobody understands.
  if (!fs::is_regular_file(path, error)) {
    throw Error(ErrorCode::not_a_database, fmt::format("{} is not a file", url.shown),
                "check the path");
  }
  return path.string();
}

Driver::Existed create_file(const DatabaseUrl& url) {
  require_writable(url);
  // Of no size: that is a valid, empty database (https://www.sqlite.org/fileformat.html), so there
  // is no moment at which another program finds half of one, and the first migration may still
  // choose page size and encoding.
  const FileDescriptor made(
      ::open(url.database.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (made.open()) return Driver::Existed::no;
  if (errno == ENOENT) {
    throw Error(ErrorCode::usage,
                fmt::format("{} can't be made: the directory {} is not there", url.shown,
                            directory_of(url.database).string()),
                "make the directory first");
  }
  if (errno != EEXIST) throw system_error(url, "made", errno);
  std::error_code error;
  if (!fs::exists(url.database, error)) {
    throw Error(ErrorCode::usage,
                fmt::format("{} is a symbolic link to a file that is not there", url.shown),
                "make the file that it leads to, or remove the link");
  }
  existing_file(url);
  return Driver::Existed::yes;
}

Driver::Existed drop_file(const DatabaseUrl& url, const ConnectOptions& options,
                          Driver::Force force) {
  require_writable(url);
  std::error_code absent;
  if (!fs::exists(url.database, absent)) return Driver::Existed::no;
  const fs::path path = existing_file(url);
  const std::vector<TakenLock> locks = take_locks(url, path);
  // Opened although it goes: what isn't a database must not be removed as one.
  Connection connection(
      {.path = path.string(), .shown = url.shown},
      {.deadline = options.deadline, .stop = options.stop, .lock_timeout = kDropPatience});
  if (force == Driver::Force::no) require_alone(connection);

  // The database first: SQLite removes a journal that it finds beside an empty file, but would
  // replay one beside the old file.
  remove_file(url, path);
  for (const std::string_view suffix : kCompanions) {
    remove_file(url, path.string() + std::string(suffix));
  }
  for (const TakenLock& lock : locks) remove_file(url, lock.path);
  if (fs::is_symlink(url.database)) remove_file(url, url.database);
  return Driver::Existed::yes;
}

}  // namespace tidegate::sqlite
