#include "history/look.h"

#include <charconv>
#include <span>

namespace tidegate {

namespace {

std::size_t number_at(const Rows& rows, std::size_t column) {
  const std::string_view text = rows.at(0, column).value_or("");
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// A server that doesn't tell is taken for one with plenty of room.
std::optional<Crowd> crowd_in(const ReadResult& result) {
  const Rows* rows = std::get_if<Rows>(&result);
  if (rows == nullptr || rows->empty() || rows->column_count() < 3) return std::nullopt;
  return Crowd{.connections = number_at(*rows, 0),
               .limit = number_at(*rows, 1),
               .waiters = number_at(*rows, 2)};
}

}  // namespace

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
  const std::size_t before_crowd_count = reads.size();
  if (const auto crowd = reader.crowd_read()) reads.push_back(*crowd);

  const std::vector<ReadResult> results = reader.read(reads);
  const std::span<const ReadResult> all(results);
  Look look;
  look.holder = lock.holder(all.first(lock_read_count));
  look.history =
      history.history(all.subspan(lock_read_count, before_crowd_count - lock_read_count));
  if (all.size() > before_crowd_count) look.crowd = crowd_in(all.back());
  return look;
}

}  // namespace tidegate
