#include "simulation/tables.h"

#include <algorithm>
#include <utility>

namespace tidegate::simulation {

std::shared_ptr<const Row> Slot::seen(std::uint64_t snapshot,
                                      const ServerTransaction* reader) const {
  if (reader != nullptr && writer == reader) return written;
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    if (version->committed_at <= snapshot) return version->row;
  }
  return nullptr;
}

std::shared_ptr<const Row> Slot::newest(const ServerTransaction* asker) const {
  if (writer == asker) return written;
  return versions.empty() ? nullptr : versions.back().row;
}

const ServerTransaction* Slot::in_the_way(const ServerTransaction* asker, RowLock lock) const {
  if (writer != nullptr && writer != asker) return writer;
  for (const Holder& holder : holders) {
    const bool exclusive = lock == RowLock::update || holder.lock == RowLock::update;
    if (holder.transaction != asker && exclusive) return holder.transaction;
  }
  return nullptr;
}

std::size_t Table::column(const std::string& wanted) const {
  const auto found = std::find(columns.begin(), columns.end(), wanted);
  if (found == columns.end()) {
    throw SqlError{"42703", "column \"" + wanted + "\" of \"" + name + "\" does not exist"};
  }
  return static_cast<std::size_t>(found - columns.begin());
}

Table* Tables::find(const std::string& name, const ServerTransaction* reader) const {
  const auto found = by_name.find(name);
  if (found == by_name.end()) return nullptr;
  const ServerTransaction* const maker = found->second->maker;
  return maker == nullptr || maker == reader ? found->second.get() : nullptr;
}

std::vector<std::shared_ptr<const Row>> Tables::committed(const std::string& name) const {
  std::vector<std::shared_ptr<const Row>> rows;
  if (const Table* table = find(name, nullptr)) {
    for (const auto& slot : table->slots) {
      if (auto row = slot->seen(last_commit, nullptr)) rows.push_back(std::move(row));
    }
  }
  return rows;
}

void ServerTransaction::write(Slot& slot, std::shared_ptr<const Row> row) {
  slot.writer = this;
  slot.written = std::move(row);
  written_.push_back(&slot);
}

void ServerTransaction::lock(Slot& slot, RowLock lock) {
  slot.holders.push_back({this, lock});
  locked_.push_back(&slot);
}

void ServerTransaction::make(std::unique_ptr<Table> table) {
  table->maker = this;
  made_.push_back(table.get());
  tables_.by_name[table->name] = std::move(table);
}

bool ServerTransaction::wrote(const std::string& table) const {
  const Table* const found = tables_.find(table, this);
  if (found == nullptr) return false;
  return std::any_of(found->slots.begin(), found->slots.end(),
                     [&](const auto& slot) { return slot->writer == this; });
}

void ServerTransaction::commit() {
  if (!written_.empty() || !made_.empty()) ++tables_.last_commit;
  const std::uint64_t moment = tables_.last_commit;
  for (Slot* const slot : written_) {
    if (slot->writer != this) continue;  // Written twice, committed already.
    slot->versions.push_back({moment, std::move(slot->written)});
    slot->writer = nullptr;
  }
  for (Table* const table : made_) table->maker = nullptr;
  made_.clear();
  forget();
}

void ServerTransaction::roll_back() {
  for (Slot* const slot : written_) {
    if (slot->writer != this) continue;
    slot->writer = nullptr;
    slot->written = nullptr;
  }
  news.clear();
  // Slots of tables that go away are in the other lists too.
  const std::vector<Table*> made = std::exchange(made_, {});
  forget();
  for (const Table* const table : made) tables_.by_name.erase(std::string(table->name));
}

void ServerTransaction::forget() {
  for (Slot* const slot : locked_) {
    std::erase_if(slot->holders,
                  [&](const Slot::Holder& holder) { return holder.transaction == this; });
  }
  written_.clear();
  locked_.clear();
  explicitly_begun = failed = deferrable = false;
  if (tables_.only_writer == this) tables_.only_writer = nullptr;
}

}  // namespace tidegate::simulation
