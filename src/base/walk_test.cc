#include "base/walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_folder.h"
#include "tidegate/error.h"

namespace tidegate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> names_below(const std::string& folder) {
  std::vector<std::string> names;
  for (const WalkedFile& file : files_below(folder)) names.push_back(file.name);
  return names;
}

std::string message_of(const std::string& folder) {
  try {
    files_below(folder);
  } catch (const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::usage);
    return error.message;
  }
  return "";
}

TEST(FilesBelow, FindsAllInOrderAndPassesDotsBy) {
  const TemporaryFolder folder;
  for (const char* name : {"b.sql", "a.sql", "sub/deep/c.sql", ".hidden.sql", ".git/d.sql"}) {
    folder.write(name, "");
  }
  EXPECT_THAT(names_below(folder.path()), ElementsAre("a.sql", "b.sql", "c.sql"));
}

TEST(FilesBelow, GivesPathsAsAPersonWouldTypeThem) {
  const TemporaryFolder folder;
  folder.write("sub/a.sql", "");
  EXPECT_EQ(files_below(folder.path()).front().path, folder.path() + "/sub/a.sql");
  EXPECT_EQ(files_below(folder.path() + "/").front().path, folder.path() + "/sub/a.sql");
}

// A volume of a ConfigMap: the files are links into a folder that a dot hides.
TEST(FilesBelow, FollowsTheLinksOfAKubernetesVolume) {
  const TemporaryFolder folder;
  folder.write("..2026_01/1_a.sql", "");
  std::filesystem::create_directory_symlink("..2026_01", folder.path("..data"));
  std::filesystem::create_symlink("..data/1_a.sql", folder.path("1_a.sql"));
  EXPECT_THAT(names_below(folder.path()), ElementsAre("1_a.sql"));
}

TEST(FilesBelow, NamesWhatIsNoFolder) {
  const TemporaryFolder folder;
  folder.write("file", "");
  EXPECT_EQ(message_of(folder.path("absent")), "there is no folder " + folder.path("absent"));
  EXPECT_EQ(message_of(folder.path("file")), folder.path("file") + " is not a folder");
}

TEST(FilesBelow, StopsAtALinkThatLeadsBack) {
  const TemporaryFolder folder;
  std::filesystem::create_directory_symlink(".", folder.path("again"));
  EXPECT_NE(message_of(folder.path()), "");
}

}  // namespace
}  // namespace tidegate
