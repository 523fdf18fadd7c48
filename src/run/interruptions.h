#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/catalog.h"
#include "tidegate/history.h"
#include "tidegate/migration.h"
#include "tidegate/session.h"

namespace tidegate {

/// A statement outside a transaction that was begun and not ended, as this build's folder has it.
struct Interruption {
  std::size_t entry = 0;  ///< in the history's journal
  const Migration* migration = nullptr;
  const Script* script = nullptr;
  const Statement* statement = nullptr;

  std::string_view sql() const { return script->text_of(*statement); }
};

/// Those of the journal whose statement is in `set` and is still the one that was begun.
std::vector<Interruption> find_interruptions(const MigrationSet& set, const History& history);

/// What asking the catalog about them came to.
struct SettledInterruptions {
  std::vector<JournalEntry> done;  ///< these took effect, which isn't in the database's journal yet
  std::vector<Finding> findings;   ///< one for each of which the catalog says something
};

/// Asks the catalog what became of each and notes it in `history`: done, or to be run again. What
/// the catalog can't tell stays as it is.
///
/// Writes: nothing. Throws: Error that concerns the session.
SettledInterruptions settle_interruptions(Reader& reader, const Catalog& catalog,
                                          const MigrationSet& set, History& history);

}  // namespace tidegate
