#include <fmt/format.h>

#include <filesystem>

#include "base/ascii.h"
#include "base/walk.h"
#include "cli/all_commands.h"
#include "cli/editor.h"
#include "cli/migration_files.h"
#include "cli/secrets.h"
#include "formats/format.h"
#include "formats/native_name.h"
#include "report/printable.h"
#include "tidegate/error.h"

namespace tidegate::cli {
namespace {

/// What the folders say about the next migration: nothing of the files' text is read, so that one
/// broken file doesn't keep anyone from making another.
struct Present {
  Version newest;
  std::string file_of_name;  ///< of the migration that has the wanted name already
};

std::vector<WalkedFile> files_in(const std::vector<std::string>& folders) {
  std::vector<WalkedFile> files;
  for (const std::string& folder : folders) {
    std::error_code absent;
    if (!std::filesystem::exists(folder, absent)) continue;
    for (WalkedFile& file : files_below(folder)) files.push_back(std::move(file));
  }
  return files;
}

void require_native(const std::vector<WalkedFile>& files, const std::string& format) {
  for (const Format& one : all_formats()) {
    const bool meant = format.empty() ? one.recognises(files) : one.name == format;
    if (!meant || one.name == kNativeFormat.name) continue;
    throw Error(ErrorCode::usage, fmt::format("this folder is in the format {}", one.name),
                "make the file with the tool that owns the folder, or name another with --dir");
  }
}

Present look_at(const std::vector<WalkedFile>& files, std::string_view name) {
  Present present;
  for (const WalkedFile& file : files) {
    if (!is_sql_file(file.name)) continue;
    std::vector<Finding> ignored;
    const auto parsed = parse_native_name(file.name, file.path, ignored);
    if (!parsed) continue;
    if (present.newest < parsed->version) present.newest = parsed->version;
    if (equals_ignoring_case(parsed->name, name)) present.file_of_name = file.path;
  }
  return present;
}

void make(Context& context, const std::string& path, std::string_view text, const Version& version,
          const std::string& name) {
  write_new_file(path, text);
  context.reporter.tell({{},
                         "file_made",
                         "made " + printable(path),
                         {{"version", version.text()}, {"name", name}, {"file", path}}});
}

ExitCode run_new(Context& context) {
  const Options& options = context.options;
  const std::string name = snake_case(options.operands.front());
  if (name.empty()) {
    throw Error(ErrorCode::usage,
                fmt::format("'{}' has no letter or digit", masked(options.operands.front())),
                "name what the migration does: 'tidegate new create_users'");
  }
  const std::vector<WalkedFile> files = files_in(options.folder.folders);
  require_native(files, options.folder.format);
  const Present present = look_at(files, name);
  if (!present.file_of_name.empty()) {
    throw Error(ErrorCode::usage,
                fmt::format("{} has the name {} already", present.file_of_name, name),
                "give another name");
  }
  const Version version = next_version(present.newest, std::chrono::system_clock::now());
  const std::string& folder = options.folder.folders.front();
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) {
    throw Error(ErrorCode::usage, fmt::format("can't make {}: {}", folder, failure.message()),
                "check the path and this user's right to write there");
  }
  const std::string stem =
      (std::filesystem::path(folder) / fmt::format("{}_{}", version.text(), name)).string();
  make(context, stem + ".sql", up_text(name), version, name);
  if (options.no_down == Switch::off) {
    make(context, stem + ".down.sql", down_text(name), version, name);
  }
  open_in_editor(stem + ".sql");
  return ExitCode::done;
}

}  // namespace

const Command kNewCommand = {
    .name = "new",
    .operand = "NAME",
    .summary = "make the next migration's file, and its undo",
    .description =
        "Makes VERSION_name.sql and VERSION_name.down.sql in the folder of migrations, with the "
        "time in UTC as version. TIDEGATE_EDITOR, where it is set, opens the file.\n\n"
        "Comments at a file's top may direct how it runs, each on a line of its own:\n"
        "  -- tidegate: no-transaction    its statements run one by one, each by itself\n"
        "  -- tidegate: phase contract    for 'migrate --phase': the old build is gone\n"
        "  -- tidegate: floor VERSION     builds without VERSION mustn't run after this\n"
        "  -- tidegate: lock-timeout 5s   how long to wait for a table others use",
    .run = run_new,
};

}  // namespace tidegate::cli
