#include <fmt/format.h>

#include "base/ascii.h"
#include "catalog/postgres_looks.h"
#include "catalog/statement_words.h"

namespace tidegate::postgres {
namespace {

using Outcome = Settlement::Outcome;

const Dialect& dialect() { return *find_dialect("postgres"); }

/// A kind of object that is made and dropped outside transactions only.
struct ObjectKind {
  std::string_view word;
  std::string_view shown;
  std::string_view table;
  std::string_view name_column;
  std::string_view condition;
};

constexpr ObjectKind kObjectKinds[] = {
    {"DATABASE", "database", "pg_database", "datname", "true"},
    {"TABLESPACE", "tablespace", "pg_tablespace", "spcname", "true"},
    {"SUBSCRIPTION", "subscription", "pg_subscription", "subname",
     "subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = "
     "pg_catalog.current_database())"},
};

enum class Change { made, dropped };

class ObjectLook final : public StatementLook {
 public:
  ObjectLook(const ObjectKind& kind, std::string name, Change change)
      : kind_(kind), name_(std::move(name)), change_(change) {}

  /// The object of that name, and whether the one that was there before still is.
  std::vector<Query> reads(std::string_view before) const override {
    take_word(before);
    return {{fmt::format("SELECT (SELECT oid::text FROM pg_catalog.{0} WHERE {1} = "
                         "(pg_catalog.parse_ident($1))[1]::name AND {2}), "
                         "EXISTS (SELECT 1 FROM pg_catalog.{0} WHERE oid::text = $2)::text",
                         kind_.table, kind_.name_column, kind_.condition),
             {name_, std::string(before)}}};
  }

  std::string seen(std::span<const ReadResult> results) const override {
    std::string refusal;
    const Rows* rows = rows_of(results[0], refusal);
    if (rows == nullptr || rows->empty()) return {};
    return rows->at(0, 0) ? "object " + rows->text(0, 0) : "absent";
  }

  Settlement settle(std::string_view before, std::span<const ReadResult> results) const override {
    std::string refusal;
    const Rows* rows = rows_of(results[0], refusal);
    if (rows == nullptr || rows->empty()) return refused(refusal);
    const bool is_there = rows->at(0, 0).has_value();
    if (change_ == Change::made && before == "absent" && is_there) return done("is there");
    const bool old_is_gone = before.starts_with("object ") && rows->text(0, 1) == "false";
    if (change_ == Change::dropped && old_is_gone) return done("is gone");
    return {Outcome::left_nothing, {}, found(is_there ? "was there before" : "is not there")};
  }

 private:
  std::string found(std::string_view state) const {
    return fmt::format("the {} {} {}", kind_.shown, name_, state);
  }
  Settlement done(std::string_view state) const { return {Outcome::took_effect, {}, found(state)}; }

  const ObjectKind& kind_;
  std::string name_;
  Change change_;
};

/// Detaching is done in two transactions; the first leaves the partition "pending", and then only
/// FINALIZE can bring it to an end.
/// https://www.postgresql.org/docs/current/sql-altertable.html
class DetachLook final : public StatementLook {
 public:
  DetachLook(std::string table, std::string partition)
      : table_(std::move(table)), partition_(std::move(partition)) {}

  std::vector<Query> reads(std::string_view before) const override {
    take_word(before);
    return {
        {"SELECT h.inhparent || ' ' || h.inhrelid, h.inhdetachpending::text, "
         "pg_catalog.format('ALTER TABLE %I.%I DETACH PARTITION %I.%I FINALIZE', "
         "pn.nspname, p.relname, cn.nspname, c.relname) FROM pg_catalog.pg_inherits h "
         "JOIN pg_catalog.pg_class p ON p.oid = h.inhparent "
         "JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace "
         "JOIN pg_catalog.pg_class c ON c.oid = h.inhrelid "
         "JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace "
         "WHERE CASE WHEN $3 = '' THEN h.inhparent = pg_catalog.to_regclass($1) "
         "AND h.inhrelid = pg_catalog.to_regclass($2) "
         "ELSE h.inhparent || ' ' || h.inhrelid = $3 END",
         {table_, partition_, std::string(before)}}};
  }

  std::string seen(std::span<const ReadResult> results) const override {
    std::string refusal;
    const Rows* rows = rows_of(results[0], refusal);
    if (rows == nullptr) return {};
    if (rows->empty()) return "absent";
    return (is_pending(*rows) ? "pending " : "attached ") + rows->text(0, 0);
  }

  Settlement settle(std::string_view before, std::span<const ReadResult> results) const override {
    std::string refusal;
    const Rows* rows = rows_of(results[0], refusal);
    if (rows == nullptr) return refused(refusal);
    // Of one that was no partition, or half detached by somebody else, the server says what is so.
    if (!before.starts_with("attached ")) return {Outcome::left_nothing, {}, found("unchanged")};
    if (rows->empty()) return {Outcome::took_effect, {}, found("detached")};
    if (!is_pending(*rows)) return {Outcome::left_nothing, {}, found("still attached")};
    return {Outcome::took_effect, {rows->text(0, 2)}, found("half detached")};
  }

 private:
  static bool is_pending(const Rows& rows) { return rows.text(0, 1) == "true"; }
  std::string found(std::string_view state) const {
    return fmt::format("the partition {} of {} is {}", partition_, table_, state);
  }

  std::string table_;
  std::string partition_;
};

}  // namespace

const Rows* rows_of(const ReadResult& result, std::string& refusal) {
  if (const auto* rows = std::get_if<Rows>(&result)) return rows;
  refusal = std::get<Error>(result).message;
  return nullptr;
}

Settlement refused(const std::string& refusal) {
  return {Outcome::unknown, {}, fmt::format("the catalog can't be asked: {}", refusal)};
}

std::unique_ptr<StatementLook> look_at_object(std::string_view statement) {
  StatementWords words(statement, dialect());
  const std::string_view verb = words.take_one_of({"CREATE", "DROP"});
  if (verb.empty()) return nullptr;
  for (const ObjectKind& kind : kObjectKinds) {
    if (!words.take({kind.word})) continue;
    words.take({"IF", "EXISTS"});
    std::optional<std::string> name = words.take_name();
    if (!name) return nullptr;
    return std::make_unique<ObjectLook>(kind, std::move(*name),
                                        verb == "CREATE" ? Change::made : Change::dropped);
  }
  return nullptr;
}

std::unique_ptr<StatementLook> look_at_detach(std::string_view statement) {
  StatementWords words(statement, dialect());
  if (!words.take({"ALTER", "TABLE"})) return nullptr;
  words.take({"IF", "EXISTS"});
  words.take({"ONLY"});
  std::optional<std::string> table = words.take_name();
  words.take_symbol('*');
  if (!table || !words.take({"DETACH", "PARTITION"})) return nullptr;
  std::optional<std::string> partition = words.take_name();
  if (!partition || !words.take({"CONCURRENTLY"}) || !words.at_end()) return nullptr;
  return std::make_unique<DetachLook>(std::move(*table), std::move(*partition));
}

}  // namespace tidegate::postgres
