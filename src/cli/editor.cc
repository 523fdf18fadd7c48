#include "cli/editor.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "tidegate/error.h"

namespace tidegate::cli {
namespace {

/// Starts `/bin/sh -c 'EDITOR "$@"' sh PATH`, so that the variable may hold arguments as well.
/// The editor gets its own signals: ours are blocked.
pid_t start(const std::string& command, const std::string& path, int& failure) {
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::string script = command + " \"$@\"";
  std::string shell = "sh";
  std::string option = "-c";
  std::string file = path;
  char* const arguments[] = {shell.data(), option.data(), script.data(),
                             shell.data(), file.data(),   nullptr};
  pid_t process = 0;
  failure = posix_spawn(&process, "/bin/sh", nullptr, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  return process;
}

}  // namespace

void open_in_editor(const std::string& path) {
  const char* command = std::getenv("TIDEGATE_EDITOR");
  if (command == nullptr || *command == '\0') return;
  int failure = 0;
  const pid_t process = start(command, path, failure);
  if (failure != 0) {
    throw Error(ErrorCode::internal,
                fmt::format("can't run {}: {}", command, std::strerror(failure)));
  }
  int state = 0;
  while (waitpid(process, &state, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(state) && WEXITSTATUS(state) == 0) return;
  throw Error(ErrorCode::internal, fmt::format("{} ended badly; {} stays", command, path),
              "check TIDEGATE_EDITOR");
}

}  // namespace tidegate::cli
