#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/file_descriptor.h"
#include "tidegate/error.h"

namespace tidegate {
namespace {

// Most migrations are far smaller: one read brings all, a second says that it was all.
constexpr std::size_t kBufferSizeBytes = 64 * 1024;

[[noreturn]] void throw_unreadable(const std::string& path, int reason) {
  throw Error(ErrorCode::usage, fmt::format("can't read {}: {}", path, std::strerror(reason)),
              reason == EACCES || reason == EPERM ? "give this user the right to read it"
                                                  : "check the path");
}

void require_regular(int number, const std::string& path) {
  struct stat facts {};
  if (::fstat(number, &facts) != 0) throw_unreadable(path, errno);
  if (S_ISREG(facts.st_mode)) return;
  throw Error(ErrorCode::usage, fmt::format("can't read {}: it is not a regular file", path),
              "name a file");
}

}  // namespace

std::string read_file(const std::string& path) {
  // Without O_NONBLOCK the open of a named pipe would wait for a writer.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.open()) throw_unreadable(path, errno);
  require_regular(file.number(), path);
  std::string text;
  std::array<char, kBufferSizeBytes> buffer;
  while (true) {
    const ssize_t count = ::read(file.number(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_unreadable(path, errno);
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace tidegate
