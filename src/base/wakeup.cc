#include "base/wakeup.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <system_error>

namespace tidegate {

Wakeup::Wakeup(std::stop_token stop) : stop_(std::move(stop)) {
  if (!stop_.stop_possible()) return;
  descriptor_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  callback_.emplace(stop_, [descriptor = descriptor_] {
    const std::uint64_t one = 1;
    // It can only fail when it is readable already.
    [[maybe_unused]] const ssize_t written = write(descriptor, &one, sizeof one);
  });
}

Wakeup::~Wakeup() {
  callback_.reset();  // waits for a call that is under way, so that the descriptor is still open
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace tidegate
