#include "base/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "base/file_descriptor.h"
#include "tidegate/error.h"

namespace tidegate {
namespace {

// Deep enough for anybody; a link that leads back to its own folder ends here.
constexpr int kDeepest = 64;

struct Entry {
  std::string name;
  bool folder = false;
};

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using OpenFolder = std::unique_ptr<DIR, CloseFolder>;

[[noreturn]] void throw_unreadable(const std::string& path, int reason) {
  if (reason == ENOENT) {
    throw Error(ErrorCode::usage, fmt::format("there is no folder {}", path),
                "name the folder of the migrations with --dir");
  }
  if (reason == ENOTDIR) {
    throw Error(ErrorCode::usage, fmt::format("{} is not a folder", path),
                "name the folder of the migrations, not a file in it");
  }
  throw Error(ErrorCode::usage,
              fmt::format("can't read the folder {}: {}", path, std::strerror(reason)),
              reason == EACCES ? "give this user the right to read it" : "check the path");
}

OpenFolder open_folder(int parent, const char* name, const std::string& path) {
  FileDescriptor file(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file.open()) throw_unreadable(path, errno);
  OpenFolder folder(::fdopendir(file.number()));
  if (!folder) throw_unreadable(path, errno);
  file.release();
  return folder;
}

/// Whether an entry is a folder. The directory says so itself on nearly every file system; only
/// links, and systems that don't tell, cost a call.
bool is_folder(int directory, const dirent& entry) {
  if (entry.d_type == DT_DIR) return true;
  if (entry.d_type != DT_LNK && entry.d_type != DT_UNKNOWN) return false;
  struct stat facts {};
  // A link into nowhere is told as a file, whose reading then says what is wrong.
  return ::fstatat(directory, entry.d_name, &facts, 0) == 0 && S_ISDIR(facts.st_mode);
}

std::vector<Entry> entries_of(DIR* folder, const std::string& path) {
  std::vector<Entry> entries;
  errno = 0;
  while (const dirent* entry = ::readdir(folder)) {
    if (entry->d_name[0] == '.') continue;
    entries.push_back({entry->d_name, is_folder(::dirfd(folder), *entry)});
    errno = 0;
  }
  if (errno != 0) throw_unreadable(path, errno);
  std::sort(entries.begin(), entries.end(),
            [](const Entry& left, const Entry& right) { return left.name < right.name; });
  return entries;
}

void walk(OpenFolder folder, const std::string& path, int depth, std::vector<WalkedFile>& files) {
  for (Entry& entry : entries_of(folder.get(), path)) {
    std::string below = path.ends_with('/') ? path + entry.name : path + '/' + entry.name;
    if (!entry.folder) {
      files.push_back({std::move(entry.name), std::move(below)});
    } else if (depth == kDeepest) {
      throw Error(ErrorCode::usage,
                  fmt::format("the folder {} is more than {} folders deep", below, kDeepest),
                  "remove the link that leads back to a folder above");
    } else {
      walk(open_folder(::dirfd(folder.get()), entry.name.c_str(), below), below, depth + 1, files);
    }
  }
}

}  // namespace

std::vector<WalkedFile> files_below(const std::string& folder) {
  std::vector<WalkedFile> files;
  walk(open_folder(AT_FDCWD, folder.c_str(), folder), folder, 1, files);
  return files;
}

}  // namespace tidegate
