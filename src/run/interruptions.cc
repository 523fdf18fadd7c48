#include "run/interruptions.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "plan/blocks.h"

namespace tidegate {
namespace {

using Outcome = Settlement::Outcome;

std::string consequence(const Settlement& settlement) {
  if (settlement.outcome == Outcome::unknown) return "look at it and answer the question below";
  const std::string repairs = fmt::format("{}", fmt::join(settlement.repairs, "; "));
  if (settlement.outcome == Outcome::took_effect) {
    return repairs.empty() ? "nothing to do: it counts as done"
                           : fmt::format("nothing to do: {} brings it to its end", repairs);
  }
  if (repairs.empty()) return "nothing to do: it is run again";
  return fmt::format("nothing to do: {}, then it is run again", repairs);
}

Finding finding_of(const Interruption& interruption, const JournalEntry& entry,
                   const Settlement& settlement) {
  const Migration& migration = *interruption.migration;
  return {Severity::warning, "interrupted", interruption.script->place_of(*interruption.statement),
          fmt::format("{} was interrupted in statement {} of {}: {}",
                      title_of(migration.version, migration.name), entry.statement,
                      interruption.script->statements.size(), settlement.found),
          consequence(settlement)};
}

}  // namespace

std::vector<Interruption> find_interruptions(const MigrationSet& set, const History& history) {
  std::vector<Interruption> found;
  for (std::size_t index = 0; index < history.journal.size(); ++index) {
    const JournalEntry& entry = history.journal[index];
    const Migration* migration = set.find(entry.version);
    if (entry.state != JournalEntry::State::started || migration == nullptr) continue;
    const bool up = entry.direction == Direction::up;
    if (!up && !migration->down) continue;
    const Script& script = up ? migration->up : *migration->down;
    const Statement* statement = statement_of(script, entry);
    if (statement == nullptr || sha256_hex(script.text_of(*statement)) != entry.checksum) continue;
    found.push_back({index, migration, &script, statement});
  }
  return found;
}

SettledInterruptions settle_interruptions(Reader& reader, const Catalog& catalog,
                                          const MigrationSet& set, History& history) {
  SettledInterruptions settled;
  for (const Interruption& one : find_interruptions(set, history)) {
    JournalEntry& entry = history.journal[one.entry];
    const auto look = catalog.look_at(one.sql());
    if (!look || entry.before.empty()) continue;
    const auto results = reader.read_as(*one.script, *one.statement, look->reads(entry.before));
    const Settlement settlement = look->settle(entry.before, results);
    if (settlement.outcome == Outcome::unknown) {
      settled.findings.push_back(finding_of(one, entry, settlement));
      continue;
    }
    // What needs a repair first counts as failed: whoever runs it looks again, and repairs.
    const bool done = settlement.outcome == Outcome::took_effect && settlement.repairs.empty();
    entry.state = done ? JournalEntry::State::done : JournalEntry::State::failed;
    if (done) settled.done.push_back(entry);
    settled.findings.push_back(finding_of(one, entry, settlement));
  }
  return settled;
}

}  // namespace tidegate
