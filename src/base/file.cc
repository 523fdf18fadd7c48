#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/file_descriptor.h"
#include "tidegate/error.h"

namespace tidegate {
namespace {

[[noreturn]] void throw_unreadable(const std::string& path, int reason) {
  throw Error(ErrorCode::usage, fmt::format("can't read {}: {}", path, std::strerror(reason)),
              reason == EACCES || reason == EPERM ? "give this user the right to read it"
                                                  : "check the path");
}

/// The file's size, which is only a hint: it may grow while it is read.
std::size_t regular_size(int number, const std::string& path) {
  struct stat facts {};
  if (::fstat(number, &facts) != 0) throw_unreadable(path, errno);
  if (S_ISREG(facts.st_mode)) return static_cast<std::size_t>(facts.st_size);
  throw Error(ErrorCode::usage, fmt::format("can't read {}: it is not a regular file", path),
              "name a file");
}

}  // namespace

std::string read_file(const std::string& path) {
  // Without O_NONBLOCK the open of a named pipe would wait for a writer.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.open()) throw_unreadable(path, errno);
  // Room for one byte more than there should be: when that one stays empty the file has ended, and
  // a thousand migrations are spared a thousand reads of nothing.
  const std::size_t expected = regular_size(file.number(), path);
  std::string text(expected + 1, '\0');
  std::size_t size = 0;
  while (true) {
    const ssize_t count = ::read(file.number(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_unreadable(path, errno);
    size += static_cast<std::size_t>(count);
    if (count == 0 || size == expected) break;
    if (size == text.size()) text.resize(text.size() * 2);
  }
  text.resize(size);
  return text;
}

}  // namespace tidegate
