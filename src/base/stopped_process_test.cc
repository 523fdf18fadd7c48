#include "base/stopped_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "support/temporary_folder.h"

namespace tidegate {
namespace {

TEST(StoppedProcess, IsFoundByItsStateAndItsFile) {
  const TemporaryFolder folder;
  folder.write("lock", "");
  folder.write("other", "");
  const int lock = ::open(folder.path("lock").c_str(), O_RDONLY | O_CLOEXEC);
  const pid_t child = ::fork();
  if (child == 0) {
    while (true) ::pause();
  }
  const int other = ::open(folder.path("other").c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_FALSE(is_stopped_with_file(child, lock));
  ::kill(child, SIGSTOP);
  int status = 0;
  ::waitpid(child, &status, WUNTRACED);
  EXPECT_TRUE(is_stopped_with_file(child, lock));
  EXPECT_FALSE(is_stopped_with_file(child, other)) << "that is somebody else";
  EXPECT_FALSE(is_stopped_with_file(0, lock));
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  EXPECT_FALSE(is_stopped_with_file(child, lock));
  ::close(lock);
  ::close(other);
}

TEST(StoppedProcess, SaysWhatToDo) {
  EXPECT_EQ(stopped_text(12),
            "its process 12 is stopped: 'kill -CONT 12' lets it go on, 'kill -KILL 12' ends it");
}

}  // namespace
}  // namespace tidegate
