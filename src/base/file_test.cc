#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/temporary_folder.h"
#include "tidegate/error.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;

std::string message_of(const std::string& path) {
  try {
    read_file(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::usage);
    return error.message;
  }
  return "";
}

TEST(ReadFile, ReadsAllOfIt) {
  const TemporaryFolder folder;
  const std::string large(300'000, 'x');
  folder.write("empty", "");
  folder.write("large", large);
  EXPECT_EQ(read_file(folder.path("empty")), "");
  EXPECT_EQ(read_file(folder.path("large")), large);
}

TEST(ReadFile, NamesWhatItCannotRead) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of(folder.path("absent")),
              HasSubstr(folder.path("absent") + ": No such file or directory"));
  EXPECT_THAT(message_of(folder.path()), HasSubstr("not a regular file"));
}

TEST(ReadFile, DoesNotWaitForAPipe) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
  EXPECT_THAT(message_of(folder.path("pipe")), HasSubstr("not a regular file"));
}

}  // namespace
}  // namespace tidegate
