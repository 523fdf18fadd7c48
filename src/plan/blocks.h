#pragma once

#include <vector>

#include "tidegate/history.h"
#include "tidegate/migration.h"

namespace tidegate {

/// What needs a person before this build may touch or rely on that history: applied files that were
/// edited or renamed, a floor above the build. Pure.
std::vector<Finding> find_blocks(const MigrationSet& set, const History& history);

/// The highest recorded floor that is above the newest migration of the set, or null.
const Record* floor_above(const MigrationSet& set, const History& history);

/// The statement that an entry of the journal is about; null when the script has none of its
/// number.
const Statement* statement_of(const Script& script, const JournalEntry& entry);

/// The entry of the statement that was begun in a migration and not ended, or null.
const JournalEntry* begun_entry(const History& history, const Version& version);

/// What shows that the undo of a recorded migration, outside a transaction, has begun and not
/// ended: something of the migration is gone. Null where nothing is.
const JournalEntry* undo_in_progress(const History& history, const Version& version);

/// That it has to be finished, by whoever can.
Finding half_reverted_finding(const Migration& migration, const JournalEntry& entry);

/// Whether the catalog may tell what became of it: it was asked before, and the statement is still
/// the same, as far as the script was split.
bool may_be_settled(const Script& script, const JournalEntry& entry);

/// `1 of 3 statements are done`
std::string done_text(const Script& script, const JournalEntry& entry);

/// What to say of an interrupted statement of which nothing can be told without a person: what is
/// done, what isn't, and the two answers.
Finding interrupted_finding(const Migration& migration, const Script& script,
                            const JournalEntry& entry);

/// `20261122120000_create_users`.
std::string title_of(const Version& version, const std::string& name);

}  // namespace tidegate
