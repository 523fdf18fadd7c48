#include "cli/become.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "report/printable.h"

namespace tidegate::cli {

ExitCode become(const std::vector<std::string>& command, Output& err) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  // exec takes pointers to non-const for the sake of old C, and changes nothing.
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments.front(), arguments.data());
  const int reason = errno;
  err.write(
      fmt::format("error: can't run {}: {}\n", printable(command.front()), std::strerror(reason)));
  return reason == ENOENT ? ExitCode::not_found : ExitCode::not_executable;
}

}  // namespace tidegate::cli
