#include "drivers/postgres/items.h"

#include <fmt/format.h>

#include <string_view>

#include "base/application_name.h"
#include "drivers/postgres/fence.h"

namespace tidegate::postgres {
namespace {

/// True in the very transaction that `kBegin` began; the root of a negative number otherwise, so
/// that its error is another one than a guard's.
constexpr std::string_view kIntact =
    "pg_catalog.sqrt(CASE WHEN pg_catalog.current_setting('transaction_deferrable') = 'on' "
    "THEN 1 ELSE -1 END)";

/// So many times at most a script's progress is told to waiters; each costs the server about as
/// much as a tenth of a CREATE TABLE.
constexpr std::size_t kProgressCount = 20;

std::size_t first_of(const Transaction& transaction) { return transaction.statement.value_or(0); }

}  // namespace

Items::Items(std::span<const Transaction> transactions, const Settings& settings,
             std::string_view application_name, Settled settled)
    : transactions_(transactions),
      settings_(settings),
      application_name_(application_name),
      settled_(settled) {}

Item Items::proof(std::size_t transaction) {
  return {.purpose = Purpose::intact,
          .transaction = transaction,
          .index = 0,
          .sql = fmt::format("SELECT {}", kIntact)};
}

const Item* Items::peek() {
  if (next_ == items_.size() && made_count_ < transactions_.size()) make_next_transaction();
  return next_ < items_.size() ? &items_[next_] : nullptr;
}

void Items::pop() { ++next_; }

void Items::add(Purpose purpose, std::string sql, std::vector<Parameter> parameters,
                std::size_t index) {
  items_.push_back({.purpose = purpose,
                    .transaction = made_count_,
                    .index = index,
                    .sql = std::move(sql),
                    .parameters = std::move(parameters)});
}

void Items::make_next_transaction() {
  const Transaction& transaction = transactions_[made_count_];
  items_.clear();
  next_ = 0;
  const bool part_of_earlier =
      made_count_ > 0 && transactions_[made_count_ - 1].commit == Transaction::Commit::with_next;
  if (!part_of_earlier) add(Purpose::begin, std::string(kBegin));
  if (!part_of_earlier && settings_.pooled()) {
    items_.back().keeps_next = true;
    add(Purpose::prepare, settings_.set_all());
  }
  if (settled_ == Settled::no) add_reset();
  add_checks(transaction, Purpose::guard);
  if (transaction.script != nullptr) {
    add_script(transaction);
    if (!settings_.origin() || !leaves_settings_alone(*transaction.script)) add_reset();
    add_checks(transaction, Purpose::intact);
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
  ++made_count_;
}

/// Undoes whatever was set, and sets what is ours. It stands by itself: a later statement looks its
/// tables up by the search path before it runs, so it couldn't set that path itself.
void Items::add_reset() {
  for (const std::string& sql : Settings::reset()) add(Purpose::prepare, sql);
  // Between the two nothing would end the session of somebody who is frozen.
  items_.back().keeps_next = true;
  add(Purpose::prepare, settings_.set_all());
  settled_ = Settled::yes;
}

/// One SELECT of all that is to be set and to be true: a statement more is dearer than a longer
/// one. Its text is the same for each migration, so that the server plans it once.
///
/// Each guard counts its parameters from $1, so only those of one have room in it; our values come
/// behind them.
void Items::add_checks(const Transaction& transaction, Purpose purpose) {
  std::vector<std::string> expressions;
  std::vector<Parameter> parameters;
  std::vector<const Guard*> others;
  if (purpose == Purpose::intact) {
    expressions.emplace_back(kIntact);
    if (settings_.origin()) expressions.push_back(settings_.restore_origin());
  }
  std::vector<std::string> guards;
  for (const Guard& guard : transaction.guards) {
    if (!guard.parameters.empty() && !parameters.empty()) {
      others.push_back(&guard);
      continue;
    }
    guards.push_back(refused_unless(guard));
    if (!guard.parameters.empty()) parameters = guard.parameters;
  }
  parameters.emplace_back(name_at(transaction, first_of(transaction)));
  expressions.push_back(set_config("application_name", parameters.size(), named_until()));
  if (transaction.lock_timeout) {
    parameters.emplace_back(fmt::format("{}ms", transaction.lock_timeout->count()));
    expressions.push_back(set_config("lock_timeout", parameters.size(), Until::transaction_ends));
  }
  // Last, since one may wait for a row's lock, and only so long.
  expressions.insert(expressions.end(), guards.begin(), guards.end());
  add(purpose, fmt::format("SELECT {}", fmt::join(expressions, ", ")), std::move(parameters));
  for (const Guard* guard : others) {
    add(purpose, "SELECT " + refused_unless(*guard), guard->parameters);
  }
}

void Items::add_progress(const Transaction& transaction, std::size_t statement) {
  add(Purpose::prepare, "SELECT " + set_config("application_name", 1, named_until()),
      {name_at(transaction, statement)});
}

Until Items::named_until() const {
  return settings_.pooled() ? Until::transaction_ends : Until::session_ends;
}

std::string Items::name_at(const Transaction& transaction, std::size_t statement) const {
  const std::size_t count =
      transaction.script == nullptr ? 0 : transaction.script->statement_count();
  return application_name_with(application_name_, transaction.label,
                               {.number = statement + 1, .count = count});
}

void Items::add_code() {
  items_.back().flush_after = true;
  items_.back().starts_statement = true;
  add(Purpose::statement, {});
  items_.back().way = Way::code;
}

void Items::add_script(const Transaction& transaction) {
  const Script& script = *transaction.script;
  if (script.code) return add_code();
  const std::size_t count = script.statements.size();
  const std::size_t pace = 1 + (count - 1) / kProgressCount;
  const std::size_t first = first_of(transaction);
  const std::size_t last = transaction.statement ? first + 1 : count;
  if (transaction.statement) {
    // Statements of ours, which run with their own settings, stand in between.
    for (const std::string_view sql : settings_before(script, script.statements[first])) {
      add(Purpose::prepare, std::string(sql));
    }
  }
  for (std::size_t i = first; i < last; ++i) {
    if (i > first && i % pace == 0) add_progress(transaction, i);
    items_.back().flush_after = true;
    items_.back().starts_statement = true;
    add(Purpose::statement, {}, {}, i);
    items_.back().way = way_of(script.text_of(script.statements[i]));
  }
}

}  // namespace tidegate::postgres
