#include "lock/file_lock.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <limits>
#include <utility>

#include "base/stopped_process.h"

namespace tidegate {

namespace {

constexpr std::string_view kSuffix = "-tidegate";
constexpr std::size_t kMaxInfoSizeBytes = 4096;
constexpr int kMaxOpenCount = 5;

// A table's name may hold anything; a file's name may not, and SQLite doesn't tell cases apart.
std::string as_file_name(std::string_view table) {
  std::string name;
  for (const char letter : table) {
    const bool upper = letter >= 'A' && letter <= 'Z';
    const char lower = upper ? static_cast<char>(letter - 'A' + 'a') : letter;
    const bool plain = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') ||
                       lower == '_' || lower == '.' || lower == '-';
    name +=
        plain ? std::string(1, lower) : fmt::format("%{:02x}", static_cast<unsigned char>(letter));
  }
  return name;
}

Error lock_error(const std::string& path, int number) {
  const std::string why =
      fmt::format("the lock file {} can't be used: {}", path, std::strerror(number));
  switch (number) {
    case EROFS:
      return {ErrorCode::read_only, why, "mount the file system for writing"};
    case EACCES:
    case EPERM:
      return {ErrorCode::access_denied, why,
              "give this user the right to write the database's directory and that file"};
    case ENOSPC:
    case EDQUOT:
      return {ErrorCode::disk_full, why, "make room, then run it again"};
    case EINVAL:
    case ENOLCK:
    case ENOSYS:
    case EOPNOTSUPP:
      return {ErrorCode::statement_failed, why,
              "keep the database on a file system with file locks, such as a local disk"};
    default:
      return {ErrorCode::statement_failed, why};
  }
}

/// One value of the info line can't hold what ends it.
std::string one_line(std::string_view text) {
  std::string line(text.substr(0, kMaxInfoSizeBytes / 4));
  std::replace_if(
      line.begin(), line.end(),
      [](char letter) { return static_cast<unsigned char>(letter) < 0x20; }, ' ');
  return line;
}

std::string utc_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

/// Who holds it, by the file's line, and the number of its process.
Holder decode(std::string_view info, int& process) {
  Holder holder;
  info = info.substr(0, info.find('\n'));
  while (!info.empty()) {
    const std::string_view field = info.substr(0, info.find('\t'));
    info.remove_prefix(std::min(info.size(), field.size() + 1));
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string value(field.substr(equals + 1));
    const std::string_view key = field.substr(0, equals);
    if (key == "who") holder.who = value;
    if (key == "since") holder.since = value;
    if (key == "progress") holder.progress = value;
    if (key == "pid") std::from_chars(value.data(), value.data() + value.size(), process);
  }
  return holder;
}

struct flock whole_file(short type) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  return range;
}

/// Opens the lock's file, and makes it as accessible as the database: a migrator that runs as root
/// must not shut out one that runs as the service's user.
int open_lock_file(const std::string& path, const std::string& database) {
  constexpr int kFlags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
  for (int count = 0; count < kMaxOpenCount; ++count) {
    const int found = ::open(path.c_str(), kFlags);
    if (found >= 0 || errno != ENOENT) return found;
    struct stat like {};
    if (::stat(database.c_str(), &like) != 0) return -1;
    const mode_t mode = like.st_mode & 0666;
    const int made = ::open(path.c_str(), kFlags | O_CREAT | O_EXCL, mode);
    if (made < 0 && errno == EEXIST) continue;  // another replica made it
    if (made < 0) return -1;
    // Neither failing stops us: the lock works for whoever can open the file.
    if (::geteuid() == 0 && ::fchown(made, like.st_uid, like.st_gid) != 0) errno = 0;
    if (::fchmod(made, mode) != 0) errno = 0;
    return made;
  }
  return -1;
}

/// Whether the file we hold open still is the one that others would open.
bool is_at(int descriptor, const std::string& path) {
  struct stat held {};
  struct stat found {};
  return ::fstat(descriptor, &held) == 0 && ::stat(path.c_str(), &found) == 0 &&
         held.st_ino == found.st_ino && held.st_dev == found.st_dev;
}

class HeldFileLock : public HeldLock {
 public:
  HeldFileLock(int descriptor, std::string_view who)
      : descriptor_(descriptor),
        head_(fmt::format("who={}\tsince={}\tpid={}", one_line(who), utc_now(), ::getpid())) {
    tell({});
  }

  // The lock goes before the descriptor: closing is what wakes waiters, and a lock that is dropped
  // by the close itself is still there for a moment when they wake.
  ~HeldFileLock() override {
    if (::ftruncate(descriptor_, 0) != 0) errno = 0;
    struct flock range = whole_file(F_UNLCK);
    ::fcntl(descriptor_, F_OFD_SETLK, &range);
    ::close(descriptor_);
  }

  HeldFileLock(const HeldFileLock&) = delete;
  HeldFileLock& operator=(const HeldFileLock&) = delete;

  /// None: while this process lives, nobody else can hold the lock.
  std::vector<Guard> guards() const override { return {}; }

  // Without care for the disk: it is worth nothing once the process is gone. Told for each
  // statement, so the file is cut only when the line is shorter than the last; a reader takes the
  // first line.
  void tell(const std::string& progress) override {
    const std::string line = fmt::format("{}\tprogress={}\n", head_, one_line(progress));
    const auto size = static_cast<off_t>(line.size());
    if (::pwrite(descriptor_, line.data(), line.size(), 0) != size) errno = 0;
    if (size < size_ && ::ftruncate(descriptor_, size) != 0) errno = 0;
    size_ = size;
  }

 private:
  int descriptor_;
  off_t size_ = std::numeric_limits<off_t>::max();  ///< of the last line; not known before
  std::string head_;
};

}  // namespace

std::string lock_file_path(const FileLockName& name) {
  std::error_code error;
  const std::filesystem::path database = std::filesystem::canonical(name.database, error);
  if (error) {
    throw Error(ErrorCode::no_database,
                fmt::format("{} can't be locked: {}", name.database, error.message()));
  }
  std::string path = database.string() + std::string(kSuffix);
  if (!name.history_table.empty()) path += "-" + as_file_name(name.history_table);
  return path;
}

FileLock::FileLock(FileLockName name, std::string who)
    : name_(std::move(name)), who_(std::move(who)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::unique_ptr<HeldLock> FileLock::try_acquire() {
  for (int count = 0; count < kMaxOpenCount; ++count) {
    if (descriptor_ < 0) {
      path_ = lock_file_path(name_);
      descriptor_ = open_lock_file(path_, name_.database);
      if (descriptor_ < 0) throw lock_error(path_, errno);
    }
    struct flock range = whole_file(F_WRLCK);
    if (::fcntl(descriptor_, F_OFD_SETLK, &range) != 0) {
      if (errno == EAGAIN || errno == EACCES) return nullptr;
      throw lock_error(path_, errno);
    }
    const int descriptor = std::exchange(descriptor_, -1);
    if (is_at(descriptor, path_)) return std::make_unique<HeldFileLock>(descriptor, who_);
    // The database was dropped, and with it the file that we have locked.
    ::close(descriptor);
  }
  return nullptr;
}

std::optional<Holder> FileLockView::holder(std::span<const ReadResult> /*results*/) const {
  std::error_code absent;
  if (!std::filesystem::exists(name_.database, absent)) return std::nullopt;
  const std::string path = lock_file_path(name_);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return std::nullopt;
  struct flock range = whole_file(F_RDLCK);
  const bool held = ::fcntl(descriptor, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
  std::array<char, kMaxInfoSizeBytes> info{};
  const ssize_t size = held ? ::pread(descriptor, info.data(), info.size(), 0) : 0;
  int process = 0;
  Holder holder =
      decode({info.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))}, process);
  if (is_stopped_with_file(process, descriptor)) holder.stopped_process = process;
  ::close(descriptor);
  if (!held) return std::nullopt;
  return holder;
}

}  // namespace tidegate
