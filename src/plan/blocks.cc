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
    const std::string title = title_of(migration->version, migration->name);
    const std::string recipe = fmt::format(
        "restore the file, or record the change with 'tidegate accept {}'", record.version.text());
    if (!record.name.empty() && record.name != migration->name) {
      blocks.push_back(
          block("other_name", migration->up.file,
                fmt::format("version {} was applied as {}, but its file is now {}",
                            record.version.text(), title_of(record.version, record.name), title),
                recipe));
    } else if (!record.checksum.empty() && !migration->up.checksum.empty() &&
               record.checksum != migration->up.checksum) {
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

const Statement* statement_of(const Script& script, const JournalEntry& entry) {
  const auto& statements = script.statements;
  return entry.statement >= 1 && entry.statement <= statements.size()
             ? &statements[entry.statement - 1]
             : nullptr;
}

Finding interrupted_finding(const Migration& migration, const Script& script,
                            const JournalEntry& entry) {
  const Statement* statement = statement_of(script, entry);
  const std::size_t count = script.statements.size();
  std::string message = fmt::format(
      "{} was interrupted: {} of {} statements are done, and statement {} may or may not have "
      "happened",
      title_of(migration.version, migration.name), entry.statement - 1, count, entry.statement);
  if (entry.statement < count) {
    message += fmt::format("; the {} behind it {} not begun", count - entry.statement,
                           count - entry.statement == 1 ? "was" : "were");
  }
  return {Severity::error, "interrupted",
          statement == nullptr ? Place{script.file} : script.place_of(*statement),
          std::move(message),
          fmt::format("look at the database, then say 'tidegate resolve {0} --done' if the "
                      "statement took effect, or 'tidegate resolve {0} --undone' if it didn't",
                      migration.version.text())};
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
