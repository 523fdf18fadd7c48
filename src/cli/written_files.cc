#include "cli/written_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/file.h"
#include "base/file_descriptor.h"
#include "report/output.h"
#include "report/printable.h"
#include "tidegate/error.h"

namespace tidegate::cli {
namespace {

namespace fs = std::filesystem;
using deploy::GeneratedFile;
using Fate = WrittenFile::Fate;

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  throw Error(ErrorCode::usage, fmt::format("can't write {}: {}", printable(path), reason),
              "check the path and this user's right to write there");
}

/// What will become of a file, or nothing where it would be lost.
std::optional<Fate> fate_of(const std::string& path, const GeneratedFile& file, Switch force) {
  std::error_code failure;
  const fs::file_status status = fs::status(path, failure);
  if (status.type() == fs::file_type::not_found) return Fate::made;
  if (failure) refuse(path, failure.message());
  if (status.type() != fs::file_type::regular) refuse(path, "it is no file");
  const std::string present = read_file(path);
  if (present == file.content) return Fate::unchanged;
  if (force == Switch::on || deploy::is_untouched(present)) return Fate::replaced;
  return std::nullopt;
}

/// Files on their way: what hasn't been put in place is taken away again.
class Batch {
 public:
  Batch() = default;
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch() {
    for (const Pending& one : pending_) unlink(one.beside.c_str());
    for (auto folder = made_.rbegin(); folder != made_.rend(); ++folder) rmdir(folder->c_str());
  }

  /// Writes `file` beside its place.
  void add(const std::string& path, const GeneratedFile& file) {
    std::error_code absent;
    // What a link points to is replaced, not the link.
    const std::string place = fs::exists(path, absent) ? fs::canonical(path).string() : path;
    make_folder(fs::path(place).parent_path());
    const std::string beside = fmt::format("{}.{}.new", place, getpid());
    const mode_t mode = file.mode == GeneratedFile::Mode::program ? 0777 : 0666;
    const FileDescriptor out(open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!out.open()) refuse(path, std::strerror(errno));
    pending_.push_back({beside, place});
    FileOutput output(out.number());
    output.write(file.content);
    if (output.failure() != 0) refuse(path, std::strerror(output.failure()));
  }

  void put_in_place() {
    while (!pending_.empty()) {
      const Pending& one = pending_.back();
      if (rename(one.beside.c_str(), one.place.c_str()) != 0) {
        refuse(one.place, std::strerror(errno));
      }
      pending_.pop_back();
    }
    made_.clear();
  }

 private:
  struct Pending {
    std::string beside, place;
  };

  void make_folder(const fs::path& folder) {
    std::error_code absent;
    if (folder.empty() || fs::is_directory(folder, absent)) return;
    make_folder(folder.parent_path());
    if (mkdir_failed(folder)) refuse(folder.string(), std::strerror(errno));
    made_.push_back(folder.string());
  }

  static bool mkdir_failed(const fs::path& folder) {
    std::error_code failure;
    const bool made = fs::create_directory(folder, failure);
    if (failure) errno = failure.value();
    return !made && failure;
  }

  std::vector<Pending> pending_;
  std::vector<std::string> made_;  ///< folders, the outer ones first
};

}  // namespace

std::vector<WrittenFile> write_generated(const std::vector<GeneratedFile>& files,
                                         const std::string& folder, Switch force) {
  std::vector<WrittenFile> written;
  std::vector<std::string> edited;
  for (const GeneratedFile& file : files) {
    const std::string path = (fs::path(folder) / file.path).lexically_normal().string();
    const auto fate = fate_of(path, file, force);
    if (!fate) edited.push_back(printable(path));
    written.push_back({path, fate.value_or(Fate::unchanged)});
  }
  if (!edited.empty()) {
    throw Error(ErrorCode::usage,
                fmt::format("{} {} there and not as generate made {}; nothing was written",
                            fmt::join(edited, ", "), edited.size() == 1 ? "is" : "are",
                            edited.size() == 1 ? "it" : "them"),
                "compare with what --output DIR writes elsewhere, or replace with --force");
  }
  Batch batch;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (written[i].fate != Fate::unchanged) batch.add(written[i].path, files[i]);
  }
  batch.put_in_place();
  return written;
}

}  // namespace tidegate::cli
