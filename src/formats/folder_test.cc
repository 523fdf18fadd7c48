#include "tidegate/folder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "formats/format.h"
#include "model/checksum.h"
#include "support/temporary_folder.h"
#include "tidegate/error.h"

namespace tidegate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LoadFolder : public ::testing::Test {
 protected:
  LoadedFolder load(std::string format = {}) {
    return load_folder({.folders = {folder_.path()}, .format = std::move(format)});
  }

  /// Each finding without the folder's own path.
  std::vector<std::string> findings(std::string format = {}) {
    std::vector<std::string> all;
    for (const Finding& finding : load(std::move(format)).findings) {
      std::string place = to_string(finding.place).substr(folder_.path().size() + 1);
      all.push_back(fmt::format("{}{} {}", finding.severity == Severity::warning ? "warning " : "",
                                place, finding.rule));
    }
    return all;
  }

  std::vector<std::string> migrations() {
    std::vector<std::string> all;
    for (const Migration& migration : load().set.migrations) {
      all.push_back(fmt::format("{} {}{}", migration.version.text(), migration.name,
                                migration.down ? " and back" : ""));
    }
    return all;
  }

  std::string usage_error(const FolderSettings& settings) {
    try {
      load_folder(settings);
    } catch (const Error& error) {
      EXPECT_EQ(error.code, ErrorCode::usage);
      return error.message + " / " + error.hint;
    }
    return "";
  }

  TemporaryFolder folder_;
};

TEST_F(LoadFolder, ReadsMigrationsInOrderWithTheirUndo) {
  folder_.write("10_b.sql", "");
  folder_.write("9_a.sql", "SELECT 1;");
  folder_.write("sub/deep/0011_c.sql", "");
  folder_.write("9_a.down.sql", "SELECT 2;");
  folder_.write("README.md", "");
  folder_.write(".9_hidden.sql", "");
  EXPECT_THAT(findings(), IsEmpty());
  EXPECT_THAT(migrations(), ElementsAre("9 a and back", "10 b", "11 c"));
  const LoadedFolder loaded = load();
  EXPECT_TRUE(loaded.usable());
  EXPECT_EQ(loaded.set.format, "native");
  EXPECT_EQ(loaded.set.migrations[0].up.text, "SELECT 1;");
  EXPECT_EQ(loaded.set.migrations[0].up.file, folder_.path("9_a.sql"));
  EXPECT_EQ(loaded.set.migrations[0].up.checksum, checksum_of("SELECT 1;"));
  EXPECT_EQ(loaded.set.migrations[0].down->text, "SELECT 2;");
}

TEST_F(LoadFolder, MergesSeveralFoldersByVersion) {
  const TemporaryFolder other;
  folder_.write("1_a.sql", "");
  folder_.write("3_c.sql", "");
  other.write("2_b.sql", "");
  other.write("3_d.sql", "");
  const LoadedFolder loaded =
      load_folder({.folders = {folder_.path(), other.path()}, .format = {}});
  EXPECT_EQ(loaded.set.migrations.size(), 3U);
  ASSERT_EQ(loaded.findings.size(), 1U);
  EXPECT_EQ(loaded.findings[0].rule, "duplicate_version");
  EXPECT_FALSE(loaded.usable());
}

TEST_F(LoadFolder, TakesByteOrderMarkCarriageReturnsAndNothingAtAll) {
  folder_.write("1_mark.sql", "\xEF\xBB\xBFSELECT 1;\r\n");
  folder_.write("2_empty.sql", "");
  folder_.write("3_comment.sql", "-- nothing yet\n");
  EXPECT_THAT(findings(), IsEmpty());
  EXPECT_EQ(load().set.migrations[0].up.text, "SELECT 1;\r\n");
  EXPECT_EQ(load().set.migrations[0].up.checksum, checksum_of("SELECT 1;\n"));
}

TEST_F(LoadFolder, AnEmptyFolderIsAnEmptySet) {
  const LoadedFolder loaded = load();
  EXPECT_TRUE(loaded.usable());
  EXPECT_THAT(loaded.set.migrations, IsEmpty());
  EXPECT_EQ(loaded.set.format, "native");
}

TEST_F(LoadFolder, NamesBytesThatAreNoText) {
  folder_.write("1_latin.sql", "SELECT 1;\nSELECT 'ü\xE9';");
  folder_.write("2_nul.sql", std::string_view("a\0b", 3));
  folder_.write("3_utf16.sql", std::string_view("\xFF\xFES\0", 4));
  EXPECT_THAT(findings(), ElementsAre("1_latin.sql:2:10 not_utf8", "2_nul.sql:1:2 nul_byte",
                                      "3_utf16.sql:1:1 not_utf8"));
}

TEST_F(LoadFolder, FindsBadNamesAllAtOnce) {
  for (const char* name :
       {"create_users.sql", "1.sql", "2_.sql", "3-dash.sql", "9223372036854775808_large.sql",
        "4_shout.SQL", "5_a.up.sql", "6_b.down.sql", "7_.down.sql", "0_zero.sql"}) {
    folder_.write(name, "");
  }
  EXPECT_THAT(
      findings(),
      ElementsAre("1.sql name_missing", "2_.sql name_missing", "3-dash.sql name_missing",
                  "4_shout.SQL file_suffix", "5_a.up.sql up_suffix", "6_b.down.sql down_without_up",
                  "7_.down.sql name_missing", "9223372036854775808_large.sql version_out_of_range",
                  "create_users.sql name_without_version"));
  EXPECT_THAT(migrations(), ElementsAre("0 zero"));
}

TEST_F(LoadFolder, FindsAnUndoThatFitsNothingOrTwice) {
  folder_.write("1_a.sql", "");
  folder_.write("1_other.down.sql", "");
  folder_.write("2_b.sql", "");
  folder_.write("2_b.down.sql", "");
  folder_.write("sub/02_b.down.sql", "");
  EXPECT_THAT(findings(),
              ElementsAre("1_other.down.sql down_without_up", "sub/02_b.down.sql duplicate_down"));
}

TEST_F(LoadFolder, FindsAFileThatCannotBeRead) {
  std::filesystem::create_symlink("nowhere", folder_.path("1_gone.sql"));
  EXPECT_THAT(findings(), ElementsAre("1_gone.sql unreadable_file"));
  EXPECT_THAT(migrations(), ElementsAre("1 gone"));
}

TEST_F(LoadFolder, RefusesFoldersAndFormatsThatAreNotThere) {
  folder_.write("file", "");
  EXPECT_THAT(usage_error({.folders = {folder_.path("absent")}, .format = {}}),
              HasSubstr("there is no folder"));
  EXPECT_THAT(usage_error({.folders = {folder_.path("file")}, .format = {}}),
              HasSubstr("is not a folder"));
  EXPECT_EQ(usage_error({.folders = {folder_.path()}, .format = "flyway"}),
            "there is no format named flyway / use one of: native, ecto");
  EXPECT_EQ(usage_error({}), "no folder of migrations was named / name one with --dir");
}

TEST_F(LoadFolder, RecognisesEctoByItsFiles) {
  folder_.write("20260101_create_users.exs", "raise \"never run\"");
  folder_.write("sub/+5_odd.name.exs", "");
  folder_.write("seeds.exs", "");
  folder_.write("7_.exs", "");
  folder_.write("structure.sql", "");
  folder_.write("8_late.ex", "");
  EXPECT_EQ(load().set.format, "ecto");
  EXPECT_THAT(migrations(), ElementsAre("5 odd.name", "7 ", "20260101 create_users"));
  EXPECT_EQ(load().set.migrations[2].up.text, "");
  EXPECT_EQ(load().set.migrations[2].up.file, folder_.path("20260101_create_users.exs"));
  EXPECT_THAT(findings(), ElementsAre("warning 8_late.ex ecto_ex_file"));
}

TEST_F(LoadFolder, FindsWhatEctoWouldNotRun) {
  folder_.write("1_a.exs", "");
  folder_.write("01_b.exs", "");
  folder_.write("2_a.exs", "");
  folder_.write("-3_c.exs", "");
  folder_.write("9223372036854775808_d.exs", "");
  EXPECT_THAT(findings(), ElementsAre("-3_c.exs version_out_of_range", "1_a.exs duplicate_version",
                                      "warning 2_a.exs duplicate_name",
                                      "9223372036854775808_d.exs version_out_of_range"));
}

TEST_F(LoadFolder, AsksWhichOfTwoFormatsIsMeant) {
  folder_.write("1_a.exs", "");
  folder_.write("2_b.sql", "");
  EXPECT_EQ(usage_error({.folders = {folder_.path()}, .format = {}}),
            folder_.path() +
                " holds migrations of two formats, native and ecto / say which one is "
                "meant with --format native or --format ecto");
  EXPECT_EQ(load("ecto").set.migrations.size(), 1U);
  EXPECT_EQ(load("native").set.migrations.size(), 1U);
}

TEST(Formats, HaveARowEach) {
  std::vector<std::string> names;
  for (const Format& format : all_formats()) {
    names.emplace_back(format.name);
    EXPECT_FALSE(format.description.empty());
  }
  EXPECT_THAT(names, ElementsAre("native", "ecto"));
  EXPECT_EQ(all_formats()[0].runnable, Runnable::yes);
  EXPECT_EQ(all_formats()[1].runnable, Runnable::no);
}

}  // namespace
}  // namespace tidegate
