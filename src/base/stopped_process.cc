#include "base/stopped_process.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <system_error>

namespace tidegate {

namespace {

// https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: `12 (a name) T 1 …`
bool is_stopped(const std::string& folder) {
  std::ifstream file(folder + "/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(") ");
  if (name_end == std::string::npos || name_end + 2 >= line.size()) return false;
  const char state = line[name_end + 2];
  return state == 'T' || state == 't';
}

}  // namespace

bool is_stopped_with_file(int process, int descriptor) {
  const std::string folder = fmt::format("/proc/{}", process);
  struct stat wanted {};
  if (process <= 0 || ::fstat(descriptor, &wanted) != 0 || !is_stopped(folder)) return false;
  std::error_code refused;
  std::filesystem::directory_iterator open_files(folder + "/fd", refused);
  for (; !refused && open_files != std::filesystem::directory_iterator();
       open_files.increment(refused)) {
    struct stat found {};
    const bool known = ::stat(open_files->path().c_str(), &found) == 0;
    if (known && found.st_ino == wanted.st_ino && found.st_dev == wanted.st_dev) return true;
  }
  return false;
}

std::string stopped_text(int process) {
  return fmt::format(
      "its process {0} is stopped: 'kill -CONT {0}' lets it go on, 'kill -KILL {0}' ends it",
      process);
}

}  // namespace tidegate
