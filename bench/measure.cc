// Runs a command and says on descriptor 3 how long it took and what memory it had at its peak:
// "SECONDS KIBIBYTES". A process of its own and small, since the peak that the kernel reports for a
// child begins with what its parent had.
//
//   bench_measure COMMAND [ARGUMENT...]

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const auto started = std::chrono::steady_clock::now();
  const pid_t child = vfork();
  if (child == 0) {
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) != child) return 1;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
  dprintf(3, "%.6f %ld\n", elapsed.count(), usage.ru_maxrss);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
