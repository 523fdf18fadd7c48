#include "report/status_rows.h"

#include <algorithm>

#include "plan/blocks.h"

namespace tidegate {
namespace {

/// The version a holder is at, from `3/10 20261122120000 create_users, statement 2/5`.
std::string_view version_in(std::string_view progress) {
  const std::size_t space = progress.find(' ');
  if (space == std::string_view::npos) return {};
  progress.remove_prefix(space + 1);
  return progress.substr(0, progress.find_first_of(" ,"));
}

bool was_interrupted(const Version& version, const History& history) {
  return std::any_of(history.journal.begin(), history.journal.end(), [&](const auto& entry) {
    return entry.version == version && entry.state == JournalEntry::State::started;
  });
}

/// What a migration without a record is: waiting for its turn, at work, or where a run ended.
MigrationState state_without_record(const Version& version, const Status& status) {
  const GateState& state = status.state;
  const bool last_of_run = state.last_run && state.last_run->direction == Direction::up &&
                           state.last_run->migration == version.text();
  if (state.verdict == Verdict::running) {
    const bool at_work = state.holder && version_in(state.holder->progress) == version.text();
    const bool known = state.holder && !version_in(state.holder->progress).empty();
    return at_work || (!known && last_of_run) ? MigrationState::running : MigrationState::pending;
  }
  if (!state.holder && was_interrupted(version, status.history)) {
    return MigrationState::interrupted;
  }
  const bool run_failed = state.last_run && state.last_run->state == RunState::failed;
  return last_of_run && run_failed ? MigrationState::failed : MigrationState::pending;
}

bool was_edited(const Migration& migration, const Record& record) {
  return !record.checksum.empty() && !migration.up.checksum.empty() &&
         record.checksum != migration.up.checksum;
}

StatusRow row_of(const Migration& migration, const Record* record, const Status& status) {
  StatusRow row{.version = migration.version,
                .name = migration.name,
                .state = MigrationState::applied,
                .applied_at = {},
                .file = migration.up.file};
  if (record == nullptr) {
    row.state = state_without_record(migration.version, status);
    return row;
  }
  row.applied_at = record->applied_at;
  if (undo_in_progress(status.history, migration.version) != nullptr) {
    row.state = status.state.holder ? MigrationState::running : MigrationState::interrupted;
    return row;
  }
  if (was_edited(migration, *record)) row.state = MigrationState::edited;
  return row;
}

}  // namespace

std::string_view shown_state(MigrationState state) {
  return state == MigrationState::missing_file ? "missing file" : to_string(state);
}

std::string_view to_string(MigrationState state) {
  switch (state) {
    case MigrationState::applied:
      return "applied";
    case MigrationState::edited:
      return "edited";
    case MigrationState::missing_file:
      return "missing_file";
    case MigrationState::pending:
      return "pending";
    case MigrationState::running:
      return "running";
    case MigrationState::failed:
      return "failed";
    case MigrationState::interrupted:
      return "interrupted";
  }
  return "pending";
}

std::vector<StatusRow> status_rows(const MigrationSet& set, const Status& status) {
  std::vector<StatusRow> rows;
  const std::vector<Record>& records = status.history.records;
  rows.reserve(set.migrations.size() + records.size());
  auto record = records.begin();
  const auto take_without_file = [&](const Record& one) {
    rows.push_back({one.version, one.name, MigrationState::missing_file, one.applied_at, {}});
  };
  // Both lists ascend by version: one walk merges them.
  for (const Migration& migration : set.migrations) {
    for (; record != records.end() && record->version < migration.version; ++record) {
      take_without_file(*record);
    }
    const bool recorded = record != records.end() && record->version == migration.version;
    rows.push_back(row_of(migration, recorded ? &*record : nullptr, status));
    if (recorded) ++record;
  }
  for (; record != records.end(); ++record) take_without_file(*record);
  return rows;
}

}  // namespace tidegate
