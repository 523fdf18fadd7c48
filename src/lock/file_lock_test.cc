#include "lock/file_lock.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "support/temporary_folder.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

/// A process that holds the lock until it is told to end.
class Other {
 public:
  explicit Other(const std::function<void()>& hold) {
    std::array<int, 2> ready{};
    if (::pipe2(ready.data(), O_CLOEXEC) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      try {
        hold();
      } catch (...) {
        ::_exit(99);
      }
      if (::write(ready[1], "x", 1) != 1) ::_exit(98);
      for (;;) ::pause();
    }
    char byte = 0;
    ::close(ready[1]);
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
  }
  ~Other() { end(SIGKILL); }
  Other(const Other&) = delete;
  Other& operator=(const Other&) = delete;

  void send(int signal) const { ::kill(pid_, signal); }
  void end(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

class FileLockTest : public ::testing::Test {
 protected:
  FileLockTest() {
    folder_.open_to_all();
    database_ = directory_ / "app.db";
    std::ofstream(database_).close();
  }

  FileLockName name(std::string table = {}) const { return {database_.string(), std::move(table)}; }
  std::filesystem::path file() const { return database_.string() + "-tidegate"; }
  std::optional<Holder> holder() const { return FileLockView(name()).holder({}); }

  TemporaryFolder folder_;
  std::filesystem::path directory_ = folder_.path();
  std::filesystem::path database_;
};

TEST_F(FileLockTest, IsHeldByOneAtATime) {
  FileLock ours(name(), "us");
  FileLock theirs(name(), "them");
  auto held = ours.try_acquire();
  ASSERT_NE(held, nullptr);
  EXPECT_THAT(held->guards(), IsEmpty());
  EXPECT_EQ(theirs.try_acquire(), nullptr);
  EXPECT_EQ(ours.try_acquire(), nullptr);
  held.reset();
  held = theirs.try_acquire();
  EXPECT_NE(held, nullptr);
}

TEST_F(FileLockTest, IsOneForEachHistory) {
  FileLock usual(name(), "us");
  FileLock audit(name("audit"), "us");
  FileLock same(name("AUDIT"), "us");
  const auto held = usual.try_acquire();
  const auto held_too = audit.try_acquire();
  EXPECT_NE(held_too, nullptr);
  EXPECT_EQ(same.try_acquire(), nullptr);
  EXPECT_EQ(lock_file_path(name("a/b c")), file().string() + "-a%2fb%20c");
}

TEST_F(FileLockTest, IsTheSameThroughALink) {
  std::filesystem::create_symlink("app.db", directory_ / "link.db");
  FileLock ours(name(), "us");
  FileLock linked({(directory_ / "link.db").string(), {}}, "them");
  const auto held = ours.try_acquire();
  EXPECT_EQ(linked.try_acquire(), nullptr);
}

TEST_F(FileLockTest, SaysWhoHoldsItSinceWhenAndHowFar) {
  EXPECT_EQ(holder(), std::nullopt);
  FileLock ours(name(), "orders-7f9c pid 12\n=\t");
  auto held = ours.try_acquire();
  EXPECT_EQ(holder()->who, "orders-7f9c pid 12 = ");
  EXPECT_THAT(holder()->since, MatchesRegex("[0-9-]{10}T[0-9:]{8}Z"));
  EXPECT_EQ(holder()->progress, "");
  held->tell("3/10 20261122120000 create_users, statement 2/5");
  EXPECT_EQ(holder()->progress, "3/10 20261122120000 create_users, statement 2/5");
  held->tell("4/10");
  EXPECT_EQ(holder()->progress, "4/10");
  held->tell(std::string(100'000, 'x'));
  EXPECT_THAT(holder()->progress, HasSubstr("xxx"));
  held.reset();
  EXPECT_EQ(holder(), std::nullopt);
  EXPECT_EQ(std::filesystem::file_size(file()), 0U);
}

TEST_F(FileLockTest, LookingMakesNothingAndTakesNothing) {
  EXPECT_EQ(holder(), std::nullopt);
  EXPECT_FALSE(std::filesystem::exists(file()));
  std::filesystem::remove(database_);
  EXPECT_EQ(holder(), std::nullopt);
  EXPECT_EQ(FileLockView(name()).reads().size(), 0U);
}

TEST_F(FileLockTest, S12_IsFreeWhenItsHolderIsKilled) {
  std::unique_ptr<HeldLock> held;
  FileLock lock(name(), "the dead");
  Other other([&] { held = lock.try_acquire(); });
  FileLock ours(name(), "us");
  EXPECT_EQ(holder()->who, "the dead");
  EXPECT_EQ(ours.try_acquire(), nullptr);
  other.end(SIGKILL);
  EXPECT_EQ(holder(), std::nullopt);
  EXPECT_NE(ours.try_acquire(), nullptr);
}

TEST_F(FileLockTest, AKilledHolderWakesWhoeverWatchesTheFile) {
  std::unique_ptr<HeldLock> held;
  FileLock lock(name(), "the dead");
  Other other([&] { held = lock.try_acquire(); });
  const int watch = ::inotify_init1(IN_CLOEXEC);
  ASSERT_GE(::inotify_add_watch(watch, directory_.c_str(), IN_CLOSE_WRITE), 0);
  other.end(SIGKILL);
  std::array<char, 512> event{};
  EXPECT_GT(::read(watch, event.data(), event.size()), 0);
  ::close(watch);
}

TEST_F(FileLockTest, ATryThatFailsWakesNobody) {
  FileLock ours(name(), "us");
  FileLock theirs(name(), "them");
  const auto held = ours.try_acquire();
  theirs.try_acquire();
  const int watch = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  ASSERT_GE(::inotify_add_watch(watch, directory_.c_str(), IN_CLOSE_WRITE | IN_MODIFY), 0);
  for (int count = 0; count < 10; ++count) EXPECT_EQ(theirs.try_acquire(), nullptr);
  EXPECT_TRUE(holder());
  std::array<char, 512> event{};
  EXPECT_EQ(::read(watch, event.data(), event.size()), -1);
  ::close(watch);
}

TEST_F(FileLockTest, AStoppedHolderStillHoldsIt) {
  std::unique_ptr<HeldLock> held;
  FileLock lock(name(), "the frozen");
  Other other([&] { held = lock.try_acquire(); });
  other.send(SIGSTOP);
  FileLock ours(name(), "us");
  EXPECT_EQ(ours.try_acquire(), nullptr);
  other.end(SIGKILL);
  EXPECT_NE(ours.try_acquire(), nullptr);
}

TEST_F(FileLockTest, IsNotInheritedByTheProgramThatTakesOurPlace) {
  FileLock ours(name(), "us");
  pid_t child = 0;
  {
    const auto held = ours.try_acquire();
    child = ::fork();
    if (child == 0) {
      ::execlp("sleep", "sleep", "30", nullptr);
      ::_exit(127);
    }
  }
  FileLock theirs(name(), "them");
  EXPECT_NE(theirs.try_acquire(), nullptr);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_F(FileLockTest, ExactlyOneOfManyProcessesGetsIt) {
  constexpr int kProcessCount = 20;
  std::array<int, 2> won{};
  ASSERT_EQ(::pipe2(won.data(), O_CLOEXEC), 0);
  std::array<int, 2> start{};
  ASSERT_EQ(::pipe2(start.data(), O_CLOEXEC), 0);
  std::array<int, 2> tried{};
  ASSERT_EQ(::pipe2(tried.data(), O_CLOEXEC), 0);
  std::array<pid_t, kProcessCount> children{};
  for (pid_t& child : children) {
    child = ::fork();
    if (child != 0) continue;
    char byte = 0;
    ::close(start[1]);
    if (::read(start[0], &byte, 1) < 0) ::_exit(97);  // ends when all may go
    FileLock lock(name(), "one of many");
    const auto held = lock.try_acquire();
    if (held && ::write(won[1], "w", 1) != 1) ::_exit(98);
    if (::write(tried[1], "t", 1) != 1) ::_exit(99);
    for (;;) ::pause();
  }
  ::close(start[0]);
  ::close(start[1]);
  char byte = 0;
  for (int count = 0; count < kProcessCount; ++count) EXPECT_EQ(::read(tried[0], &byte, 1), 1);
  for (const pid_t child : children) ::kill(child, SIGKILL);
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  ::close(won[1]);
  std::array<char, kProcessCount> winners{};
  EXPECT_EQ(::read(won[0], winners.data(), winners.size()), 1);
  for (const int descriptor : {won[0], tried[0], tried[1]}) ::close(descriptor);
}

TEST_F(FileLockTest, AFileThatWasRemovedMeanwhileIsNotTheLock) {
  FileLock ours(name(), "us");
  FileLock theirs(name(), "them");
  auto held = ours.try_acquire();
  EXPECT_EQ(theirs.try_acquire(), nullptr);  // has the old file open now
  std::filesystem::remove(file());
  held.reset();
  FileLock third(name(), "third");
  const auto held_by_third = third.try_acquire();
  ASSERT_NE(held_by_third, nullptr);
  EXPECT_EQ(theirs.try_acquire(), nullptr);
}

TEST_F(FileLockTest, TheFileIsAsAccessibleAsTheDatabase) {
  ASSERT_EQ(::chmod(database_.c_str(), 0664), 0);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(database_.c_str(), 65534, 65534), 0);
  }
  const mode_t old_mask = ::umask(077);
  FileLock ours(name(), "us");
  const auto held = ours.try_acquire();
  ::umask(old_mask);
  struct stat database {};
  struct stat lock {};
  ASSERT_EQ(::stat(database_.c_str(), &database), 0);
  ASSERT_EQ(::stat(file().c_str(), &lock), 0);
  EXPECT_EQ(lock.st_mode, database.st_mode);
  EXPECT_EQ(lock.st_uid, database.st_uid);
  EXPECT_EQ(lock.st_gid, database.st_gid);
}

TEST_F(FileLockTest, WithoutTheRightToWriteItSaysSo) {
  ASSERT_EQ(::chmod(directory_.c_str(), 0555), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(98);
    try {
      FileLock(name(), "us").try_acquire();
    } catch (const Error& error) {
      ::_exit(error.code == ErrorCode::access_denied ? 0 : 1);
    }
    ::_exit(2);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(FileLockTest, AnAbsentDatabaseCannotBeLocked) {
  std::filesystem::remove(database_);
  FileLock ours(name(), "us");
  EXPECT_THROW(ours.try_acquire(), Error);
  EXPECT_FALSE(std::filesystem::exists(file()));
}

}  // namespace
}  // namespace tidegate
