#include "report/output.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace tidegate {
namespace {

/// Waits until a descriptor that somebody else made non-blocking takes more.
void wait_until_writable(int descriptor) {
  pollfd waited{.fd = descriptor, .events = POLLOUT, .revents = 0};
  poll(&waited, 1, -1);
}

}  // namespace

void FileOutput::write(std::string_view text) {
  while (!text.empty() && failure_ == 0) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      wait_until_writable(descriptor_);
    } else if (errno != EINTR) {
      failure_ = errno;
    }
  }
}

}  // namespace tidegate
