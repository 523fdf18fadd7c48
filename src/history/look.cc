#include "history/look.h"

#include <span>

namespace tidegate {

Look look_at(Reader& reader, const HistoryReader& history) {
  Look look;
  look.history = history.history(reader.read(history.reads()));
  return look;
}

Look look_at(Reader& reader, const HistoryReader& history, const LockView& lock) {
  // The lock is read first. Were it read last, a migrator that finished in between would show as a
  // missing record that nobody is working on.
  std::vector<Query> reads = lock.reads();
  const std::size_t lock_read_count = reads.size();
  for (Query& query : history.reads()) reads.push_back(std::move(query));

  const std::vector<ReadResult> results = reader.read(reads);
  const std::span<const ReadResult> all(results);
  Look look;
  look.holder = lock.holder(all.first(lock_read_count));
  look.history = history.history(all.subspan(lock_read_count));
  return look;
}

}  // namespace tidegate
