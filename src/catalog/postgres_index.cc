#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/ascii.h"
#include "catalog/postgres_looks.h"
#include "catalog/statement_words.h"

namespace tidegate::postgres {
namespace {

using Outcome = Settlement::Outcome;

const Dialect& dialect() { return *find_dialect("postgres"); }

/// Who else has the lock on the index's table that only one can have who builds, drops or vacuums
/// there. Autovacuum isn't anybody: it gives way.
constexpr std::string_view kOthersAtWork = R"(
  (SELECT 'backend ' || l.pid || CASE WHEN a.application_name <> ''
                                      THEN ' (' || a.application_name || ')' ELSE '' END
     FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'relation' AND l.relation = i.indrelid AND l.granted
      AND l.mode = 'ShareUpdateExclusiveLock' AND l.pid <> pg_catalog.pg_backend_pid()
      AND a.usesysid IS NOT NULL AND a.datname = pg_catalog.current_database()
    LIMIT 1))";

/// One index as the catalog shows it.
struct SeenIndex {
  enum class State { valid, invalid, other };
  std::string oid;
  std::string name;  ///< quoted, with its schema
  State state = State::other;
  std::string definition;
  std::string others_at_work;
};

/// The columns of every read that shows indexes.
std::string index_columns() {
  return fmt::format(
      "c.oid::text, pg_catalog.format('%I.%I', n.nspname, c.relname), "
      // A partitioned index is invalid until each partition has one: that is nobody's debris.
      "CASE WHEN i.indexrelid IS NULL OR c.relkind <> 'i' THEN 'other' "
      "WHEN i.indisvalid AND i.indisready AND i.indislive THEN 'valid' ELSE 'invalid' END, "
      "CASE WHEN i.indexrelid IS NOT NULL THEN pg_catalog.pg_get_indexdef(c.oid) END,{}",
      kOthersAtWork);
}

std::vector<SeenIndex> indexes_of(const Rows& rows) {
  std::vector<SeenIndex> indexes;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const std::string state = rows.text(row, 2);
    indexes.push_back({rows.text(row, 0), rows.text(row, 1),
                       state == "valid"     ? SeenIndex::State::valid
                       : state == "invalid" ? SeenIndex::State::invalid
                                            : SeenIndex::State::other,
                       rows.text(row, 3), rows.text(row, 4)});
  }
  return indexes;
}

/// `before` is a word and the numbers of what was there.
bool was_there(std::string_view before, std::string_view oid) {
  while (!before.empty()) {
    if (take_word(before) == oid) return true;
  }
  return false;
}

std::string list_of(std::string_view word, std::span<const SeenIndex> indexes) {
  std::string text(word);
  for (const SeenIndex& index : indexes) text += ' ' + index.oid;
  return text;
}

/// Drops what a dead session left half built, unless somebody is building it right now.
Settlement clear_away(std::span<const SeenIndex> invalid) {
  Settlement settlement;
  settlement.outcome = Outcome::left_nothing;
  for (const SeenIndex& index : invalid) {
    if (!settlement.found.empty()) settlement.found += "; ";
    settlement.found += fmt::format("the index {} is there, but INVALID", index.name);
    settlement.repairs.push_back("DROP INDEX CONCURRENTLY IF EXISTS " + index.name);
    if (index.others_at_work.empty()) continue;
    settlement.outcome = Outcome::busy;
    settlement.found += fmt::format(", and {} is at work on its table", index.others_at_work);
  }
  if (invalid.empty()) settlement.found = "nothing of it is there";
  return settlement;
}

class NamedIndexLook final : public StatementLook {
 public:
  NamedIndexLook(std::string table, std::string name)
      : table_(std::move(table)), name_(std::move(name)) {}

  std::vector<Query> reads(std::string_view) const override {
    // An index has no schema of its own in this statement: it comes to stand where its table is.
    return {{fmt::format("SELECT {} FROM pg_catalog.pg_class t "
                         "JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace "
                         "JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = "
                         "(pg_catalog.parse_ident($2))[1]::name "
                         "LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid "
                         "AND i.indrelid = t.oid WHERE t.oid = pg_catalog.to_regclass($1)",
                         index_columns()),
             {table_, name_}}};
  }

  std::string seen(std::span<const ReadResult> results) const override {
    std::string refusal;
    const Rows* rows = rows_of(results[0], refusal);
    return rows == nullptr ? std::string() : list_of("indexes", indexes_of(*rows));
  }

  Settlement settle(std::string_view before, std::span<const ReadResult> results) const override {
    std::string refusal;
    const Rows* rows = rows_of(results[0], refusal);
    if (rows == nullptr) return refused(refusal);
    const std::vector<SeenIndex> indexes = indexes_of(*rows);
    if (indexes.empty()) return clear_away({});
    const SeenIndex& index = indexes.front();
    // IF NOT EXISTS would take an INVALID one for what it is to make, whoever left it.
    if (index.state == SeenIndex::State::invalid) return clear_away(indexes);
    const bool made =
        index.state == SeenIndex::State::valid && !before.empty() && !was_there(before, index.oid);
    if (made) {
      return {Outcome::took_effect, {}, fmt::format("the index {} is there and valid", index.name)};
    }
    return {Outcome::left_nothing, {}, fmt::format("{} was there before", index.name)};
  }

 private:
  std::string table_;
  std::string name_;
};

/// The server finds a name for the index, so it has to be known by what it is.
class UnnamedIndexLook final : public StatementLook {
 public:
  UnnamedIndexLook(std::string table, std::string rest)
      : table_(std::move(table)), rest_(std::move(rest)) {}

  std::vector<Query> reads(std::string_view) const override {
    return {{fmt::format("SELECT {} FROM pg_catalog.pg_index i "
                         "JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
                         "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                         "WHERE i.indrelid = pg_catalog.to_regclass($1) ORDER BY c.oid",
                         index_columns()),
             {table_}}};
  }

  std::string seen(std::span<const ReadResult> results) const override {
    std::string refusal;
    const Rows* rows = rows_of(results[0], refusal);
    return rows == nullptr ? std::string() : list_of("indexes", indexes_of(*rows));
  }

  Settlement settle(std::string_view before, std::span<const ReadResult> results) const override {
    std::string refusal;
    const Rows* rows = rows_of(results[0], refusal);
    if (rows == nullptr) return refused(refusal);
    if (before.empty()) return clear_away({});
    std::vector<SeenIndex> ours;
    for (SeenIndex& index : indexes_of(*rows)) {
      if (was_there(before, index.oid)) continue;
      if (!same_index(rest_, index.definition)) {
        return {Outcome::unknown,
                {},
                fmt::format("the new index {} may or may not be the one it makes", index.name)};
      }
      ours.push_back(std::move(index));
    }
    const auto valid = std::find_if(ours.begin(), ours.end(), [](const SeenIndex& index) {
      return index.state == SeenIndex::State::valid;
    });
    if (valid == ours.end()) return clear_away(ours);
    return {Outcome::took_effect, {}, fmt::format("the index {} is there and valid", valid->name)};
  }

 private:
  std::string table_;
  std::string rest_;
};

class DroppedIndexLook final : public StatementLook {
 public:
  explicit DroppedIndexLook(std::string name) : name_(std::move(name)) {}

  std::vector<Query> reads(std::string_view before) const override {
    take_word(before);
    return {
        {"SELECT r.oid::text, EXISTS (SELECT 1 FROM pg_catalog.pg_class c "
         "WHERE c.oid::text = $2)::text FROM (SELECT pg_catalog.to_regclass($1)::oid AS oid) r",
         {name_, std::string(before)}}};
  }

  std::string seen(std::span<const ReadResult> results) const override {
    std::string refusal;
    const Rows* rows = rows_of(results[0], refusal);
    if (rows == nullptr || rows->empty()) return {};
    return rows->at(0, 0) ? "index " + rows->text(0, 0) : "absent";
  }

  Settlement settle(std::string_view before, std::span<const ReadResult> results) const override {
    std::string refusal;
    const Rows* rows = rows_of(results[0], refusal);
    if (rows == nullptr || rows->empty()) return refused(refusal);
    // By its number: another index of that name may be elsewhere on the search path.
    if (before.starts_with("index ") && rows->text(0, 1) == "false") {
      return {Outcome::took_effect, {}, fmt::format("the index {} is gone", name_)};
    }
    const std::string_view state = rows->at(0, 0) ? "is still there" : "was not there before";
    return {Outcome::left_nothing, {}, fmt::format("the index {} {}", name_, state)};
  }

 private:
  std::string name_;
};

/// Rebuilding once more does no harm; only what the dead session left beside is to be removed.
/// https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY
class ReindexLook final : public StatementLook {
 public:
  ReindexLook(std::string_view tables, std::string name)
      : tables_(tables), name_(std::move(name)) {}

  std::vector<Query> reads(std::string_view) const override {
    return {{fmt::format("WITH tables AS ({}), all_tables AS (SELECT oid FROM tables UNION "
                         "SELECT c.reltoastrelid FROM pg_catalog.pg_class c JOIN tables USING (oid)"
                         ") SELECT {} FROM pg_catalog.pg_index i "
                         "JOIN all_tables t ON t.oid = i.indrelid "
                         "JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
                         "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                         "WHERE NOT i.indisvalid AND c.relkind = 'i' "
                         "AND c.relname ~ '_cc(new|old)[0-9]*$' AND $1::text IS NOT NULL "
                         "ORDER BY c.oid",
                         tables_, index_columns()),
             {name_}}};
  }

  std::string seen(std::span<const ReadResult> results) const override {
    std::string refusal;
    const Rows* rows = rows_of(results[0], refusal);
    return rows == nullptr ? std::string() : list_of("left_before", indexes_of(*rows));
  }

  Settlement settle(std::string_view before, std::span<const ReadResult> results) const override {
    std::string refusal;
    const Rows* rows = rows_of(results[0], refusal);
    if (rows == nullptr) return refused(refusal);
    std::vector<SeenIndex> ours;
    for (SeenIndex& index : indexes_of(*rows)) {
      if (!before.empty() && !was_there(before, index.oid)) ours.push_back(std::move(index));
    }
    Settlement settlement = clear_away(ours);
    if (ours.empty()) settlement.found = "it can be run as often as one likes";
    return settlement;
  }

 private:
  std::string tables_;
  std::string name_;
};

/// Which tables each form of REINDEX goes over; $1 is its name.
struct ReindexForm {
  std::string_view word;
  std::string_view tables;
};

constexpr ReindexForm kReindexForms[] = {
    {"INDEX",
     "SELECT i.indrelid AS oid FROM pg_catalog.pg_index i WHERE i.indexrelid IN (SELECT "
     "pg_catalog.to_regclass($1) UNION SELECT p.relid FROM "
     "pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) p)"},
    {"TABLE",
     "SELECT pg_catalog.to_regclass($1)::oid AS oid UNION SELECT p.relid FROM "
     "pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) p"},
    {"SCHEMA",
     "SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relnamespace = "
     "pg_catalog.to_regnamespace($1)"},
    {"DATABASE", "SELECT c.oid FROM pg_catalog.pg_class c"},
    {"SYSTEM", "SELECT c.oid FROM pg_catalog.pg_class c"},
};

/// The server puts the whole of a condition into parentheses.
void strip_condition(std::vector<std::string>& tokens) {
  const auto where = std::find(tokens.begin(), tokens.end(), "where");
  if (where == tokens.end() || where + 1 == tokens.end() || *(where + 1) != "(") return;
  int depth = 0;
  for (auto token = where + 1; token != tokens.end(); ++token) {
    depth += *token == "(" ? 1 : *token == ")" ? -1 : 0;
    if (depth == 0 && token + 1 != tokens.end()) return;
  }
  tokens.pop_back();
  tokens.erase(where + 1);
}

/// In lower case, plain names without their quotes, and without the method when it is the usual.
std::vector<std::string> index_tokens(std::string_view text) {
  std::vector<std::string> tokens;
  Lexer lexer(text, dialect());
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (token.kind == TokenKind::symbol && token.text == ";") break;
    std::string word =
        token.kind == TokenKind::word ? to_lower(token.text) : std::string(token.text);
    if (token.kind == TokenKind::identifier) {
      const std::string_view inside = token.text.substr(1, token.text.size() - 2);
      if (to_lower(inside) == inside && inside.find('"') == std::string_view::npos) word = inside;
    }
    tokens.push_back(std::move(word));
  }
  if (tokens.size() > 2 && tokens[0] == "using" && tokens[1] == "btree") {
    tokens.erase(tokens.begin(), tokens.begin() + 2);
  }
  strip_condition(tokens);
  return tokens;
}

}  // namespace

bool same_index(std::string_view statement_rest, std::string_view definition) {
  StatementWords words(definition, dialect());
  words.take({"CREATE"});
  words.take({"UNIQUE"});
  if (!words.take({"INDEX"}) || !words.take_name() || !words.take({"ON"})) return false;
  words.take({"ONLY"});
  if (!words.take_name()) return false;
  return index_tokens(statement_rest) == index_tokens(words.rest());
}

std::unique_ptr<StatementLook> look_at_index_made(std::string_view statement) {
  StatementWords words(statement, dialect());
  if (!words.take({"CREATE"})) return nullptr;
  words.take({"UNIQUE"});
  if (!words.take({"INDEX", "CONCURRENTLY"})) return nullptr;
  words.take({"IF", "NOT", "EXISTS"});
  std::optional<std::string> name;
  if (!words.take({"ON"})) {
    name = words.take_name();
    if (!name || !words.take({"ON"})) return nullptr;
  }
  words.take({"ONLY"});
  const std::optional<std::string> table = words.take_name();
  if (!table) return nullptr;
  if (name) return std::make_unique<NamedIndexLook>(*table, *name);
  return std::make_unique<UnnamedIndexLook>(*table, std::string(words.rest()));
}

std::unique_ptr<StatementLook> look_at_index_dropped(std::string_view statement) {
  StatementWords words(statement, dialect());
  if (!words.take({"DROP", "INDEX", "CONCURRENTLY"})) return nullptr;
  words.take({"IF", "EXISTS"});
  const std::optional<std::string> name = words.take_name();
  words.take_one_of({"RESTRICT", "CASCADE"});
  if (!name || !words.at_end()) return nullptr;
  return std::make_unique<DroppedIndexLook>(*name);
}

std::unique_ptr<StatementLook> look_at_reindex(std::string_view statement) {
  StatementWords words(statement, dialect());
  if (!words.take({"REINDEX"})) return nullptr;
  if (!words.take_parentheses()) words.take({"VERBOSE"});
  for (const ReindexForm& form : kReindexForms) {
    if (!words.take({form.word})) continue;
    words.take({"CONCURRENTLY"});
    // REINDEX DATABASE may leave its name out; then there is nothing that $1 could name.
    std::optional<std::string> name = words.at_end() ? std::string() : words.take_name();
    if (!name || !words.at_end()) return nullptr;
    return std::make_unique<ReindexLook>(form.tables, std::move(*name));
  }
  return nullptr;
}

}  // namespace tidegate::postgres
