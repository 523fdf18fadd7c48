#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>

#include "base/ascii.h"
#include "base/two_halves.h"
#include "formats/format.h"
#include "formats/native_name.h"
#include "formats/script_file.h"
#include "model/validation.h"

namespace tidegate {
namespace {

/// A down file that still looks for its up file.
struct Undo {
  Version version;
  std::string name;
  std::string path;
  std::optional<Script> script;
};

bool recognises(std::span<const WalkedFile> files) {
  return std::any_of(files.begin(), files.end(), [](const WalkedFile& file) {
    return is_sql_file(file.name) && is_digit(file.name.front());
  });
}

void attach(Undo& undo, std::vector<Migration>& migrations, std::vector<Finding>& findings) {
  const auto first = std::lower_bound(
      migrations.begin(), migrations.end(), undo.version,
      [](const Migration& migration, const Version& sought) { return migration.version < sought; });
  const bool found =
      first != migrations.end() && first->version == undo.version && first->name == undo.name;
  if (!found) {
    findings.push_back({Severity::error,
                        "down_without_up",
                        {undo.path},
                        fmt::format("{} reverts nothing: there is no {}_{}.sql", undo.path,
                                    undo.version.text(), undo.name),
                        "give it the name of its up file with .down.sql, or remove it"});
  } else if (first->down) {
    findings.push_back({Severity::error,
                        "duplicate_down",
                        {undo.path},
                        fmt::format("{} is reverted by two files: {}, {}", first->up.file,
                                    first->down->file, undo.path),
                        "remove one of them"});
  } else if (undo.script) {
    first->down = std::move(undo.script);
  }
}

/// A file of the folder whose name is right, and what was read of it.
struct NamedFile {
  NativeName name;
  const WalkedFile* file;
  std::optional<Script> script;
  std::vector<Finding> findings;
};

std::vector<NamedFile> read_named(std::span<const WalkedFile> files,
                                  std::vector<Finding>& findings) {
  std::vector<NamedFile> named;
  for (const WalkedFile& file : files) {
    if (!is_sql_file(file.name)) continue;
    auto name = parse_native_name(file.name, file.path, findings);
    if (name) named.push_back({std::move(*name), &file, std::nullopt, {}});
  }
  in_two_halves(named.size(), [&](std::size_t first, std::size_t last) {
    for (NamedFile& one : std::span(named).subspan(first, last - first)) {
      one.script = read_script(*one.file, one.name.direction, one.findings);
    }
  });
  return named;
}

void load(std::span<const WalkedFile> files, LoadedFolder& loaded) {
  std::vector<Migration>& migrations = loaded.set.migrations;
  std::vector<Undo> undos;
  for (NamedFile& one : read_named(files, loaded.findings)) {
    std::move(one.findings.begin(), one.findings.end(), std::back_inserter(loaded.findings));
    NativeName& name = one.name;
    const std::string& path = one.file->path;
    if (name.direction == Direction::down) {
      undos.push_back({std::move(name.version), std::move(name.name), path, std::move(one.script)});
      continue;
    }
    // An up file that can't be read keeps its place, so that its version isn't told as missing.
    if (!one.script) {
      one.script.emplace();
      one.script->file = path;
    }
    migrations.push_back(
        {std::move(name.version), std::move(name.name), std::move(*one.script), std::nullopt});
  }
  std::vector<Finding> more = order_and_validate(migrations);
  std::move(more.begin(), more.end(), std::back_inserter(loaded.findings));
  for (Undo& undo : undos) attach(undo, migrations, loaded.findings);
}

}  // namespace

const Format kNativeFormat = {"native",
                              "plain SQL: VERSION_name.sql, its undo in VERSION_name.down.sql",
                              Runnable::yes, recognises, load};

}  // namespace tidegate
