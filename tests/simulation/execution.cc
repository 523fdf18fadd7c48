#include "simulation/execution.h"

#include <algorithm>
#include <utility>

#include "simulation/system_tables.h"

namespace tidegate::simulation {

namespace {

bool has_aggregate(const Expression& expression) {
  if (expression.kind == Expression::Kind::call &&
      (expression.name == "max" || expression.name == "min" || expression.name == "count")) {
    return true;
  }
  return std::any_of(expression.arguments.begin(), expression.arguments.end(), has_aggregate);
}

Value typed(const Table& table, std::size_t column, Value value) {
  if (is_null(value) || !table.is_number[column]) return value;
  return integer_of(value);
}

}  // namespace

Execution::Execution(Backend& backend, const std::vector<Parameter>& parameters)
    : backend_(backend),
      host_(backend.host()),
      tables_(host_.tables()),
      transaction_(backend.transaction()),
      parameters_(parameters),
      snapshot_(tables_.last_commit) {}

Relation Execution::run(const SqlStatement& statement) {
  using Kind = SqlStatement::Kind;
  switch (statement.kind) {
    case Kind::select:
      return select(*statement.select, {});
    case Kind::insert:
      return insert(statement);
    case Kind::update:
    case Kind::remove:
      return change(statement);
    case Kind::create_table:
      create_table(statement);
      return {};
    case Kind::call:
      run_procedure(statement);
      return {};
    case Kind::set:
      backend_.set_config(statement.table, text_of(evaluate(statement.values[0], {})).value_or(""),
                          statement.local);
      return {};
    case Kind::reset:
      if (statement.table == "all") backend_.reset_settings();
      return {};
    case Kind::listen:
      backend_.topics.push_back(statement.table);
      return {};
    default:
      return {};
  }
}

// The one procedure there is, which works like one that commits by itself: it takes its time, and
// at the end of it the statement that it was given has happened.
void Execution::run_procedure(const SqlStatement& statement) {
  if (statement.table != "take_time") throw SqlError{"42883", "no such procedure"};
  backend_.sleep(std::chrono::seconds(integer_of(evaluate(statement.values[0], {}))));
  const std::string sql = text_of(evaluate(statement.values[1], {})).value_or("");
  Execution(backend_, {}).run(host_.parsed(sql));
}

Table& Execution::table(const std::string& name) const {
  if (Table* const found = tables_.find(name, &transaction_)) return *found;
  throw SqlError{"42P01", "relation \"" + name + "\" does not exist"};
}

Relation Execution::rows_of(const std::string& name) {
  if (auto system = system_table(host_, name)) return std::move(*system);
  const Table& from = table(name);
  Relation made{.columns = from.columns, .oid = oid_of(name)};
  for (const auto& slot : from.slots) {
    if (auto row = slot->seen(snapshot_, &transaction_)) {
      made.rows.push_back(std::move(row));
      made.slots.push_back(slot.get());
    }
  }
  return made;
}

Relation Execution::relation(const Source& source, const Frames& outer) {
  Relation made = source.select ? select(*source.select, outer) : rows_of(source.table);
  made.alias = source.alias;
  return made;
}

bool Execution::matches(const std::optional<Expression>& condition, const Frames& frames) {
  return !condition || is_true(evaluate(*condition, frames));
}

Relation Execution::select(const Select& select, const Frames& outer) {
  std::vector<Relation> sources;
  for (const Source& source : select.from) sources.push_back(relation(source, outer));
  Group group;
  Frames frames = outer;
  join(select, sources, 0, frames, group);
  return items_of(select, outer, group);
}

void Execution::join(const Select& select, const std::vector<Relation>& sources, std::size_t depth,
                     Frames& frames, Group& group) {
  if (depth == sources.size()) {
    if (matches(select.where, frames)) group.members.push_back(frames);
    return;
  }
  const Relation& source = sources[depth];
  bool found = false;
  for (std::size_t row = 0; row < source.rows.size(); ++row) {
    frames.push_back({&source.alias, &source.columns, source.rows[row].get(), source.oid});
    group.kept.push_back(source.rows[row]);
    if (matches(select.from[depth].on, frames) &&
        locked_and_still_matches(select, source, row, frames, group)) {
      found = true;
      join(select, sources, depth + 1, frames, group);
    }
    frames.pop_back();
  }
  if (!found && select.from[depth].join == Source::Join::left) {
    frames.push_back({&source.alias, &source.columns, nullptr, source.oid});
    join(select, sources, depth + 1, frames, group);
    frames.pop_back();
  }
}

// FOR SHARE and FOR UPDATE. After having waited, the locked row is looked at as it is now, and all
// else as it was when the statement began: what READ COMMITTED means.
// https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED
bool Execution::locked_and_still_matches(const Select& select, const Relation& source,
                                         std::size_t row, Frames& frames, Group& group) {
  if (select.lock == RowLock::none || source.slots.empty()) return true;
  if (!matches(select.where, frames)) return true;  // Not a candidate; join() drops it.
  Slot& slot = *source.slots[row];
  lock(slot, select.lock, select.nowait);
  auto newest = slot.newest(&transaction_);
  if (newest == nullptr) return false;
  frames.back().row = newest.get();
  group.kept.push_back(std::move(newest));
  return true;
}

Relation Execution::items_of(const Select& select, const Frames& outer, Group& group) {
  Relation result;
  for (const auto& item : select.items) result.columns.push_back(item.name);
  const auto row_of = [&](const Frames& frames) {
    Row row;
    for (const auto& item : select.items) row.push_back(evaluate(item.expression, frames));
    return std::make_shared<const Row>(std::move(row));
  };
  const bool grouped = std::any_of(select.items.begin(), select.items.end(),
                                   [](const auto& item) { return has_aggregate(item.expression); });
  if (grouped) {
    const Group* const before = std::exchange(group_, &group);
    result.rows.push_back(row_of(outer));
    group_ = before;
    return result;
  }
  for (const Select::Order& order : select.order) {
    std::stable_sort(
        group.members.begin(), group.members.end(), [&](const Frames& left, const Frames& right) {
          const int sign =
              compare(evaluate(order.expression, left), evaluate(order.expression, right));
          return order.descending ? sign > 0 : sign < 0;
        });
  }
  const std::size_t limit =
      select.limit ? static_cast<std::size_t>(integer_of(evaluate(*select.limit, outer)))
                   : group.members.size();
  for (const Frames& member : group.members) {
    if (result.rows.size() == limit) break;
    result.rows.push_back(row_of(member));
  }
  return result;
}

void Execution::lock(Slot& slot, RowLock lock, bool nowait) {
  if (nowait && slot.in_the_way(&transaction_, lock) != nullptr) {
    throw SqlError{"55P03", "could not obtain lock on row"};
  }
  backend_.wait_until_free([&] { return slot.in_the_way(&transaction_, lock); });
  transaction_.lock(slot, lock);
}

// An engine with one writer at a time gives a statement outside a transaction its turn as well.
void Execution::need_only_writer() {
  if (host_.engine() != Engine::sqlite) return;
  backend_.wait_until_free([this]() -> const ServerTransaction* {
    return tables_.only_writer == &transaction_ ? nullptr : tables_.only_writer;
  });
  tables_.only_writer = &transaction_;
}

Relation Execution::insert(const SqlStatement& statement) {
  need_only_writer();
  Table& into = table(statement.table);
  Relation returned;
  for (const auto& item : statement.returning) returned.columns.push_back(item.name);
  std::vector<Row> rows;
  if (statement.select) {
    for (const auto& row : select(*statement.select, {}).rows) rows.push_back(*row);
  } else {
    for (const Expression& value : statement.values) {
      if (rows.empty() || rows.back().size() == statement.row_size) rows.emplace_back();
      rows.back().push_back(evaluate(value, {}));
    }
  }
  for (const Row& values : rows) {
    Row row(into.columns.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t column = statement.columns.empty() ? i : into.column(statement.columns[i]);
      row[column] = typed(into, column, values[i]);
    }
    insert_row(statement, into, std::move(row), returned);
  }
  return returned;
}

// The row of that key, waiting for whoever is about to write one; null when the key is free.
Slot* Execution::with_same_key(const Table& table, const Row& row) {
  const auto same = [&](const std::shared_ptr<const Row>& other) {
    return other && std::all_of(table.key.begin(), table.key.end(), [&](std::size_t column) {
             return compare((*other)[column], row[column]) == 0;
           });
  };
  for (bool waited = true; waited;) {
    waited = false;
    for (std::size_t i = 0; i < table.slots.size(); ++i) {
      Slot& slot = *table.slots[i];
      const bool of_another = slot.writer != nullptr && slot.writer != &transaction_;
      if (of_another && (same(slot.written) || same(slot.newest(nullptr)))) {
        backend_.wait_until_free([&] { return slot.writer; });
        waited = true;
        break;
      }
      if (same(slot.newest(&transaction_))) return &slot;
    }
  }
  return nullptr;
}

void Execution::insert_row(const SqlStatement& statement, Table& into, Row row,
                           Relation& returned) {
  using OnConflict = SqlStatement::OnConflict;
  if (!into.key.empty()) {
    if (Slot* const taken = with_same_key(into, row)) {
      if (statement.on_conflict == OnConflict::fail) {
        throw SqlError{"23505",
                       "duplicate key value violates unique constraint of \"" + into.name + "\""};
      }
      if (statement.on_conflict == OnConflict::nothing) return;
      lock(*taken, RowLock::update);
      const auto newest = taken->newest(&transaction_);
      if (newest) change_slot(statement, into, *taken, *newest, returned, &row);
      return;
    }
  }
  into.slots.push_back(std::make_unique<Slot>());
  Slot& slot = *into.slots.back();
  auto made = std::make_shared<const Row>(std::move(row));
  transaction_.write(slot, made);
  if (statement.returning.empty()) return;
  Row values;
  const Frames frames{{&into.name, &into.columns, made.get()}};
  for (const auto& item : statement.returning) values.push_back(evaluate(item.expression, frames));
  returned.rows.push_back(std::make_shared<const Row>(std::move(values)));
}

Relation Execution::change(const SqlStatement& statement) {
  need_only_writer();
  const Table& changed = table(statement.table);
  Relation returned;
  for (const auto& item : statement.returning) returned.columns.push_back(item.name);
  const Relation seen = rows_of(statement.table);
  for (std::size_t i = 0; i < seen.rows.size(); ++i) {
    Slot& slot = *seen.slots[i];
    if (!matches(statement.where, {{&changed.name, &changed.columns, seen.rows[i].get()}}))
      continue;
    lock(slot, RowLock::update);
    const auto newest = slot.newest(&transaction_);
    if (newest == nullptr) continue;
    if (!matches(statement.where, {{&changed.name, &changed.columns, newest.get()}})) continue;
    change_slot(statement, changed, slot, *newest, returned, nullptr);
  }
  return returned;
}

void Execution::change_slot(const SqlStatement& statement, const Table& changed, Slot& slot,
                            const Row& row, Relation& returned, const Row* excluded) {
  static const std::string kExcluded = "excluded";
  Frames frames;
  if (excluded != nullptr) frames.push_back({&kExcluded, &changed.columns, excluded});
  frames.push_back({&changed.name, &changed.columns, &row});
  std::shared_ptr<const Row> made;
  if (statement.kind != SqlStatement::Kind::remove) {
    Row next = row;
    for (const Assignment& assignment : statement.assignments) {
      const std::size_t column = changed.column(assignment.column);
      next[column] = typed(changed, column, evaluate(assignment.value, frames));
    }
    made = std::make_shared<const Row>(std::move(next));
  }
  if (!statement.returning.empty()) {
    Row values;
    const Frames now{{&changed.name, &changed.columns, made ? made.get() : &row}};
    for (const auto& item : statement.returning) values.push_back(evaluate(item.expression, now));
    returned.rows.push_back(std::make_shared<const Row>(std::move(values)));
  }
  transaction_.write(slot, std::move(made));
}

// IF NOT EXISTS looks once, and then meets whoever makes the same table in the catalog's key: one
// that is committed meanwhile is an error all the same, which is why tables are made under a lock.
void Execution::create_table(const SqlStatement& statement) {
  need_only_writer();
  if (tables_.find(statement.table, &transaction_) != nullptr) return;
  const auto maker = [&]() -> const ServerTransaction* {
    const auto found = tables_.by_name.find(statement.table);
    return found == tables_.by_name.end() ? nullptr : found->second->maker;
  };
  backend_.wait_until_free(maker);
  if (tables_.find(statement.table, &transaction_) != nullptr) {
    throw SqlError{"23505", "duplicate key value violates unique constraint of \"pg_class\""};
  }
  auto made = std::make_unique<Table>();
  made->name = statement.table;
  made->columns = statement.columns;
  made->is_number = statement.is_number;
  for (const std::string& column : statement.key) made->key.push_back(made->column(column));
  transaction_.make(std::move(made));
}

}  // namespace tidegate::simulation
