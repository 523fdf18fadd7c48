#include "plan/blocks.h"

#include <fmt/format.h>

namespace tidegate {

namespace {

Finding block(std::string rule, std::string file, std::string message, std::string recipe) {
  return {
      Severity::error, std::move(rule), {std::move(file)}, std::move(message), std::move(recipe)};
}

std::vector<Finding> find_edits(const MigrationSet& set, const History& history) {
  std::vector<Finding> blocks;
  for (const Record& record : history.records) {
    const Migration* migration = set.find(record.version);
    if (migration == nullptr) continue;
    const bool renamed = !record.name.empty() && record.name != migration->name;
    const bool edited = !record.checksum.empty() && !migration->up.checksum.empty() &&
                        record.checksum != migration->up.checksum;
    if (!renamed && !edited) continue;
    const std::string title = title_of(migration->version, migration->name);
    const std::string recipe = fmt::format(
        "restore the file, or record the change with 'tidegate accept {}'", record.version.text());
    if (renamed) {
      blocks.push_back(
          block("other_name", migration->up.file,
                fmt::format("version {} was applied as {}, but its file is now {}",
                            record.version.text(), title_of(record.version, record.name), title),
                recipe));
    } else {
      blocks.push_back(block("edited", migration->up.file,
                             fmt::format("{} was edited after it was applied", title), recipe));
    }
  }
  return blocks;
}

}  // namespace

std::string title_of(const Version& version, const std::string& name) {
  return name.empty() ? version.text() : fmt::format("{}_{}", version.text(), name);
}

const Record* floor_above(const MigrationSet& set, const History& history) {
  if (set.migrations.empty()) return nullptr;
  const Version& newest = set.migrations.back().version;
  const Record* highest = nullptr;
  for (const Record& record : history.records) {
    if (!record.floor || !(newest < *record.floor)) continue;
    if (highest == nullptr || *highest->floor < *record.floor) highest = &record;
  }
  return highest;
}

std::vector<Finding> find_blocks(const MigrationSet& set, const History& history) {
  std::vector<Finding> blocks = find_edits(set, history);
  if (const Record* record = floor_above(set, history)) {
    blocks.push_back(block(
        "floor", "",
        fmt::format("{} was applied with floor {}: a build whose newest migration is {} is too old",
                    title_of(record->version, record->name), record->floor->text(),
                    set.migrations.back().version.text()),
        "deploy a newer build, or restore the database to before that migration"));
  }
  return blocks;
}

}  // namespace tidegate
