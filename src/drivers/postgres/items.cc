#include "drivers/postgres/items.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "base/application_name.h"

namespace tidegate::postgres {
namespace {

/// DEFERRABLE does nothing in such a transaction, which makes it a mark that costs nothing: a
/// script that commits goes on in a transaction without it, no RESET takes it away, and after the
/// first query nothing can set it. The rest beats whatever default the role has.
constexpr std::string_view kBegin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE DEFERRABLE";

/// True in the very transaction that `kBegin` began; a division by zero otherwise.
constexpr std::string_view kIntact =
    "1 / CASE WHEN pg_catalog.current_setting('transaction_deferrable') = 'on' THEN 1 ELSE 0 END";

/// Any COPY is sent outside the pipeline, since libpq can't tell before which of them move data.
bool is_copy(std::string_view sql) {
  constexpr std::string_view kCopy = "COPY";
  if (sql.size() <= kCopy.size()) return false;
  const bool same = std::equal(kCopy.begin(), kCopy.end(), sql.begin(), [](char want, char has) {
    return want == std::toupper(static_cast<unsigned char>(has));
  });
  const char next = sql[kCopy.size()];
  return same && std::isalnum(static_cast<unsigned char>(next)) == 0 && next != '_';
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
  const bool joins =
      made_count_ > 0 && transactions_[made_count_ - 1].commit == Transaction::Commit::with_next;
  items_.clear();
  next_ = 0;
  if (!joins) add(Purpose::begin, std::string(kBegin));
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
  if (transaction.commit == Transaction::Commit::here) add(Purpose::commit, "COMMIT");
  items_.back().flush_after = true;
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
    items_.back().copy = is_copy(script.text_of(script.statements[i]));
  }
}

}  // namespace tidegate::postgres
