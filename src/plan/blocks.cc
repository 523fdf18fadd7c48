#include "plan/blocks.h"

#include <fmt/format.h>

#include "base/hash.h"

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

// A script that wasn't split says nothing of its statements.
bool was_edited(const Script& script, const JournalEntry& entry) {
  if (script.statements.empty()) return false;
  const Statement* statement = statement_of(script, entry);
  return statement == nullptr || sha256_hex(script.text_of(*statement)) != entry.checksum;
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

const JournalEntry* begun_entry(const History& history, const Version& version) {
  for (const JournalEntry& entry : history.journal) {
    if (entry.version == version && entry.state == JournalEntry::State::started) return &entry;
  }
  return nullptr;
}

const JournalEntry* undo_in_progress(const History& history, const Version& version) {
  if (history.find(version) == nullptr) return nullptr;
  for (const JournalEntry& entry : history.journal) {
    // What failed has left nothing, and what came before it is done.
    const bool shows =
        entry.direction == Direction::down && entry.state != JournalEntry::State::failed;
    if (shows && entry.version == version) return &entry;
  }
  return nullptr;
}

Finding half_reverted_finding(const Migration& migration, const JournalEntry& entry) {
  Finding finding =
      block("half_done", migration.up.file,
            fmt::format("{} is half reverted", title_of(migration.version, migration.name)),
            "finish it with 'tidegate rollback' first");
  if (!migration.down) return finding;
  const Statement* statement = statement_of(*migration.down, entry);
  finding.place =
      statement != nullptr ? migration.down->place_of(*statement) : Place{migration.down->file};
  return finding;
}

bool may_be_settled(const Script& script, const JournalEntry& entry) {
  return !entry.before.empty() && !was_edited(script, entry);
}

std::string done_text(const Script& script, const JournalEntry& entry) {
  const std::size_t done_count = entry.statement - 1;
  if (!script.statements.empty()) {
    return fmt::format("{} of {} statements are done", done_count, script.statements.size());
  }
  return done_count == 1 ? "1 statement is done"
                         : fmt::format("{} statements are done", done_count);
}

Finding interrupted_finding(const Migration& migration, const Script& script,
                            const JournalEntry& entry) {
  const Statement* statement = statement_of(script, entry);
  const std::string recipe = fmt::format(
      "look at the database, then say 'tidegate resolve {0} --done' if the statement took effect, "
      "or 'tidegate resolve {0} --undone' if it didn't",
      migration.version.text());
  Finding finding{
      Severity::error,
      "interrupted",
      {script.file},
      fmt::format("{} was interrupted: {}, and statement {} may or may not have happened",
                  title_of(migration.version, migration.name), done_text(script, entry),
                  entry.statement),
      recipe};
  if (statement != nullptr) finding.place = script.place_of(*statement);
  if (was_edited(script, entry)) {
    finding.message += "; its text was edited since";
    finding.recipe = "restore it as it was begun, so that it can be settled, or " + recipe;
  } else {
    finding.message += ", which the catalog can't tell";
  }
  if (entry.statement < script.statements.size()) {
    finding.message += "; what stands behind it was not begun";
  }
  return finding;
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
