#include "cli/startup.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace tidegate::cli {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

bool is_capable_terminal(int descriptor) {
  const std::string_view kind = variable("TERM");
  return isatty(descriptor) == 1 && !kind.empty() && kind != "dumb";
}

}  // namespace

void occupy_standard_streams() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is this one, as those below are taken. The wrong way round on
    // purpose: a closed output must not look like one that was written.
    [[maybe_unused]] const int opened =
        open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

Color color_for_terminal(int descriptor) {
  const bool wanted = variable("NO_COLOR").empty() && is_capable_terminal(descriptor);
  return wanted ? Color::on : Color::off;
}

ReporterSettings::Live live_on(int descriptor) {
  return is_capable_terminal(descriptor) ? ReporterSettings::Live::yes : ReporterSettings::Live::no;
}

}  // namespace tidegate::cli
