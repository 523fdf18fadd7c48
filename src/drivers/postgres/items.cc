#include "drivers/postgres/items.h"

#include <fmt/format.h>

#include <string_view>

#include "base/application_name.h"
#include "base/ascii.h"

namespace tidegate::postgres {
namespace {

/// DEFERRABLE does nothing in such a transaction, which makes it a mark that costs nothing: what
/// runs after the transaction's end runs without it, no RESET takes it away, and after the first
/// query nothing can set it. The rest beats whatever default the role has.
constexpr std::string_view kBegin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE DEFERRABLE";

/// True in the very transaction that `kBegin` began; a division by zero otherwise.
constexpr std::string_view kIntact =
    "1 / CASE WHEN pg_catalog.current_setting('transaction_deferrable') = 'on' THEN 1 ELSE 0 END";

/// The first word of a statement, whatever follows it.
std::string_view first_word(std::string_view sql) {
  std::size_t size = 0;
  while (size < sql.size() &&
         (is_ascii_letter(sql[size]) || is_digit(sql[size]) || sql[size] == '_')) {
    ++size;
  }
  return sql.substr(0, size);
}

bool has_word(std::string_view sql, std::string_view word) {
  while (!sql.empty()) {
    if (equals_ignoring_case(take_word(sql), word)) return true;
  }
  return false;
}

/// Only a statement of its own can end a transaction: a function or DO block is refused by the
/// server when it tries. Such a script is found before a run; this is for one that wasn't.
bool ends_transaction(std::string_view sql) {
  const std::string_view word = first_word(sql);
  const auto is = [&](std::string_view name) { return equals_ignoring_case(word, name); };
  if (is("COMMIT") || is("END") || is("ABORT")) return true;
  if (is("PREPARE")) return equals_ignoring_case(first_word(trimmed(sql.substr(7))), "TRANSACTION");
  return is("ROLLBACK") && !has_word(sql, "TO");
}

/// Any COPY is sent outside the pipeline: whether it moves data shows only in the answer.
Way way_of(std::string_view sql) {
  if (equals_ignoring_case(first_word(sql), "COPY")) return Way::copy;
  return ends_transaction(sql) ? Way::refused : Way::pipelined;
}

}  // namespace

Items::Items(std::span<const Transaction> transactions, const Settings& settings,
             std::string_view application_name, Settled settled)
    : transactions_(transactions),
      settings_(settings),
      application_name_(application_name),
      settled_(settled) {}

const Item* Items::peek() {
  if (next_ == items_.size() && made_count_ < transactions_.size()) make_next_transaction();
  return next_ < items_.size() ? &items_[next_] : nullptr;
}

void Items::pop() { ++next_; }

void Items::add(Purpose purpose, std::string sql, std::span<const Parameter> parameters,
                std::size_t index) {
  items_.push_back({.purpose = purpose,
                    .transaction = made_count_,
                    .index = index,
                    .sql = std::move(sql),
                    .parameters = parameters});
}

void Items::make_next_transaction() {
  const Transaction& transaction = transactions_[made_count_];
  items_.clear();
  next_ = 0;
  const bool part_of_earlier =
      made_count_ > 0 && transactions_[made_count_ - 1].commit == Transaction::Commit::with_next;
  if (!part_of_earlier) add(Purpose::begin, std::string(kBegin));
  if (settled_ == Settled::no) add_reset();
  add_settings(transaction, Purpose::prepare);
  add_guards(transaction);
  if (transaction.script != nullptr) {
    add_script(transaction);
    // All of them, always: a function that the script calls can change settings unseen.
    add_reset();
    add_settings(transaction, Purpose::intact);
    add_guards(transaction);
  }
  for (const Query& query : transaction.epilogue) {
    add(Purpose::record, query.sql, query.parameters,
        static_cast<std::size_t>(&query - transaction.epilogue.data()));
  }
  // The last one has nothing to be committed with.
  const bool last = made_count_ + 1 == transactions_.size();
  if (last || transaction.commit == Transaction::Commit::here) {
    add(Purpose::commit, "COMMIT");
    items_.back().flush_after = true;
  }
  settled_ = Settled::yes;
  ++made_count_;
}

void Items::add_reset() {
  for (const std::string& sql : Settings::reset()) add(Purpose::prepare, sql);
  settled_ = Settled::no;
}

void Items::add_settings(const Transaction& transaction, Purpose purpose) {
  std::vector<std::string> extra;
  extra.push_back(set_config("application_name", name_at(transaction, 0), Until::session_ends));
  if (transaction.lock_timeout) {
    extra.push_back(set_config("lock_timeout",
                               fmt::format("{}ms", transaction.lock_timeout->count()),
                               Until::transaction_ends));
  }
  if (purpose == Purpose::intact) extra.emplace_back(kIntact);
  add(purpose, settled_ == Settled::no ? settings_.set_all(extra)
                                       : fmt::format("SELECT {}", fmt::join(extra, ", ")));
}

void Items::add_guards(const Transaction& transaction) {
  std::size_t index = 0;
  for (const Guard& guard : transaction.guards) {
    // The server itself must refuse: what follows in the pipeline is on its way already.
    add(Purpose::guard,
        fmt::format("SELECT 1 / CASE WHEN ({}) THEN 1 ELSE 0 END", guard.expression),
        guard.parameters, index++);
  }
}

std::string Items::name_at(const Transaction& transaction, std::size_t statement) const {
  const std::size_t count =
      transaction.script == nullptr ? 0 : transaction.script->statements.size();
  return application_name_with(application_name_, transaction.label,
                               {.number = statement + 1, .count = count});
}

void Items::add_script(const Transaction& transaction) {
  const Script& script = *transaction.script;
  if (script.statements.empty()) return;
  for (std::size_t i = 0; i < script.statements.size(); ++i) {
    if (i > 0) {
      add(Purpose::prepare,
          "SELECT " + set_config("application_name", name_at(transaction, i), Until::session_ends));
    }
    items_.back().flush_after = true;
    items_.back().starts_statement = true;
    add(Purpose::statement, {}, {}, i);
    items_.back().way = way_of(script.text_of(script.statements[i]));
  }
}

}  // namespace tidegate::postgres
