#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "base/hash.h"
#include "catalog/mysql_looks.h"
#include "catalog/statement_words.h"

namespace tidegate::mysql {
namespace {

using Outcome = Settlement::Outcome;

const Dialect& dialect() { return *find_dialect("mysql"); }

/// A kind of object whose definition the server shows.
struct ObjectKind {
  std::string_view word;
  std::string_view shown;
  std::string_view show;  ///< SHOW CREATE …
};

constexpr std::array kKinds = {
    ObjectKind{"TABLE", "table", "TABLE"},
    ObjectKind{"VIEW", "view", "VIEW"},
    ObjectKind{"SEQUENCE", "sequence", "TABLE"},
    ObjectKind{"TRIGGER", "trigger", "TRIGGER"},
    ObjectKind{"EVENT", "event", "EVENT"},
    ObjectKind{"PROCEDURE", "procedure", "PROCEDURE"},
    ObjectKind{"FUNCTION", "function", "FUNCTION"},
    ObjectKind{"DATABASE", "database", "DATABASE"},
    ObjectKind{"SCHEMA", "database", "DATABASE"},
};

constexpr const ObjectKind& kTable = kKinds[0];

/// The next value of a table's counter stands in its definition, and moves with each row.
std::string without_counter(std::string definition) {
  constexpr std::string_view kCounter = " AUTO_INCREMENT=";
  const std::size_t begin = definition.rfind(kCounter);
  if (begin == std::string::npos) return definition;
  std::size_t end = begin + kCounter.size();
  while (end < definition.size() && is_digit(definition[end])) ++end;
  return definition.erase(begin, end - begin);
}

/// What the server shows of one object, short: its definition's hash, or the refusal's number.
/// Nothing where it isn't allowed to tell.
std::optional<std::string> state_of(const ReadResult& result) {
  if (const auto* error = std::get_if<Error>(&result)) {
    const bool hidden =
        error->code == ErrorCode::no_permission || error->code == ErrorCode::statement_failed;
    // Errors of an object that isn't there have no code of their own but the tables'.
    constexpr std::array<std::string_view, 6> kAbsent = {"1049", "1305", "1347",
                                                         "1360", "1539", "4091"};
    const bool absent =
        error->code == ErrorCode::no_table ||
        std::ranges::find(kAbsent, std::string_view(error->server_code)) != kAbsent.end();
    return hidden && !absent ? std::nullopt : std::optional<std::string>("absent");
  }
  const Rows& rows = std::get<Rows>(result);
  std::string definition;
  for (std::size_t column = 0; column < rows.column_count(); ++column) {
    definition += rows.text(0, column) + '\n';
  }
  return sha256_hex(without_counter(std::move(definition))).substr(0, 16);
}

enum class Change { made, replaced, altered, dropped, renamed };

/// Looks at how the objects of a statement are defined, before and after. One statement is done as
/// a whole or not at all, but for a DROP of several: https://mariadb.com/kb/en/atomic-ddl/
class DefinitionLook final : public StatementLook {
 public:
  DefinitionLook(const ObjectKind& kind, std::vector<std::string> names, Change change)
      : kind_(kind), names_(std::move(names)), change_(change) {}

  std::vector<Query> reads(std::string_view) const override {
    std::vector<Query> reads;
    for (const std::string& name : names_) {
      reads.push_back({fmt::format("SHOW CREATE {} {}", kind_.show, name)});
    }
    return reads;
  }

  std::string seen(std::span<const ReadResult> results) const override {
    std::string all;
    for (const ReadResult& result : results) {
      const auto state = state_of(result);
      if (!state) return {};
      all += (all.empty() ? "" : " ") + *state;
    }
    return all;
  }

  Settlement settle(std::string_view before, std::span<const ReadResult> results) const override {
    // Nothing is put out of a statement's way.
    if (before.empty()) return {Outcome::left_nothing, {}, ""};
    const std::string now = seen(results);
    if (now.empty()) return {Outcome::unknown, {}, found("can't be looked at")};
    if (now == before) return unchanged(now);
    return change_ == Change::dropped && names_.size() > 1 ? dropped_some(now)
                                                           : changed(before, now);
  }

 private:
  Settlement unchanged(std::string_view now) const {
    // Made anew with the same definition, it would look the same, and have lost what was in it.
    const bool has_content = kind_.show == "TABLE" || kind_.show == "DATABASE";
    if (change_ == Change::replaced && now != "absent" && has_content) {
      return {Outcome::unknown, {}, found("has the definition that it had")};
    }
    return {Outcome::left_nothing, {}, found(now == "absent" ? "is not there" : "is as it was")};
  }

  Settlement changed(std::string_view before, std::string_view now) const {
    const bool there = now != "absent";
    // What isn't there any more wasn't altered, and what is still there wasn't dropped: by others.
    const bool as_meant = change_ == Change::dropped   ? !there
                          : change_ == Change::renamed ? now.starts_with("absent ")
                                                       : true;
    if (!as_meant) return {Outcome::unknown, {}, found("was changed by somebody else")};
    const bool was_there = before != "absent";
    return {Outcome::took_effect,
            {},
            found(!there       ? "is gone"
                  : !was_there ? "is there"
                               : "was changed")};
  }

  /// Each of several is dropped by itself; the rest is to follow.
  Settlement dropped_some(std::string_view now) const {
    Settlement settlement{Outcome::took_effect, {}, found("is gone, or some of them")};
    for (const std::string& name : names_) {
      const std::string_view state = take_word(now);
      if (state != "absent") {
        settlement.repairs.push_back(fmt::format("DROP {} {}", kind_.word, name));
      }
    }
    return settlement;
  }

  std::string found(std::string_view state) const {
    return fmt::format("the {} {} {}", kind_.shown, fmt::join(names_, ", "), state);
  }

  const ObjectKind& kind_;
  std::vector<std::string> names_;
  Change change_;
};

/// `root@localhost`, `'app'@'%'`, `CURRENT_USER()`
bool take_user(StatementWords& words) {
  if (!words.take_word_or_text()) return false;
  if (words.take_symbol('@')) return words.take_word_or_text();
  words.take_parentheses();
  return true;
}

/// `DEFINER = user`, `ALGORITHM = …`, `SQL SECURITY …`, in front of what is made.
bool take_attributes(StatementWords& words) {
  while (true) {
    if (words.take({"SQL", "SECURITY"})) {
      if (words.take_one_of({"DEFINER", "INVOKER"}).empty()) return false;
    } else if (words.take({"ALGORITHM"})) {
      if (!words.take_symbol('=') || !words.take_name()) return false;
    } else if (words.take({"DEFINER"})) {
      if (!words.take_symbol('=') || !take_user(words)) return false;
    } else {
      return true;
    }
  }
}

const ObjectKind* take_kind(StatementWords& words) {
  for (const ObjectKind& kind : kKinds) {
    if (words.take({kind.word})) return &kind;
  }
  return nullptr;
}

std::unique_ptr<StatementLook> look(const ObjectKind& kind, std::optional<std::string> name,
                                    Change change) {
  if (!name) return nullptr;
  return std::make_unique<DefinitionLook>(kind, std::vector{std::move(*name)}, change);
}

/// `INDEX [IF …] NAME … ON TABLE`
std::unique_ptr<StatementLook> look_at_index(StatementWords& words) {
  words.take({"IF", "NOT", "EXISTS"});
  words.take({"IF", "EXISTS"});
  if (!words.take_name()) return nullptr;
  if (words.take({"USING"}) && !words.take_name()) return nullptr;
  if (!words.take({"ON"})) return nullptr;
  return look(kTable, words.take_name(), Change::altered);
}

/// Whether a word stands anywhere in a statement, quoted or not: better once too often.
bool mentions(std::string_view statement, std::string_view lower_case) {
  return to_lower(statement).find(lower_case) != std::string::npos;
}

std::unique_ptr<StatementLook> look_at_create(StatementWords& words, std::string_view statement) {
  const Change change = words.take({"OR", "REPLACE"}) ? Change::replaced : Change::made;
  if (!take_attributes(words)) return nullptr;
  words.take_one_of({"UNIQUE", "FULLTEXT", "SPATIAL", "AGGREGATE"});
  if (words.take({"INDEX"})) return look_at_index(words);
  const ObjectKind* kind = take_kind(words);
  if (kind == nullptr) return nullptr;
  words.take({"IF", "NOT", "EXISTS"});
  // Rows come behind the table, and a server that dies between them may leave it half full.
  if (kind == &kTable && mentions(statement, "select")) return nullptr;
  return look(*kind, words.take_name(), change);
}

std::unique_ptr<StatementLook> look_at_drop(StatementWords& words) {
  if (words.take({"INDEX"})) return look_at_index(words);
  const ObjectKind* kind = take_kind(words);
  if (kind == nullptr) return nullptr;
  words.take({"IF", "EXISTS"});
  std::vector<std::string> names;
  do {
    std::optional<std::string> name = words.take_name();
    if (!name) return nullptr;
    names.push_back(std::move(*name));
  } while (words.take_symbol(','));
  return std::make_unique<DefinitionLook>(*kind, std::move(names), Change::dropped);
}

std::unique_ptr<StatementLook> look_at_alter(StatementWords& words, std::string_view statement) {
  words.take_one_of({"ONLINE"});
  words.take_one_of({"IGNORE"});
  if (!take_attributes(words)) return nullptr;
  const ObjectKind* kind = take_kind(words);
  if (kind == nullptr) return nullptr;
  words.take({"IF", "EXISTS"});
  // These change the content and leave the definition as it is. Done twice, rows that came in
  // between are lost, moved back, or get numbers that were given out.
  for (const std::string_view word : {"exchange", "tablespace", "truncate", "restart"}) {
    if (mentions(statement, word)) return nullptr;
  }
  return look(*kind, words.take_name(), Change::altered);
}

/// `RENAME TABLE a TO b`; of several, some may have been renamed.
std::unique_ptr<StatementLook> look_at_rename(StatementWords& words) {
  if (!words.take({"TABLE"})) return nullptr;
  words.take({"IF", "EXISTS"});
  std::optional<std::string> from = words.take_name();
  if (!from || !words.take({"TO"})) return nullptr;
  std::optional<std::string> to = words.take_name();
  if (!to || !words.at_end()) return nullptr;
  return std::make_unique<DefinitionLook>(kTable, std::vector{std::move(*from), std::move(*to)},
                                          Change::renamed);
}

}  // namespace

std::unique_ptr<StatementLook> look_at_definition(std::string_view statement) {
  StatementWords words(statement, dialect());
  if (words.take({"CREATE"})) return look_at_create(words, statement);
  if (words.take({"DROP"})) return look_at_drop(words);
  if (words.take({"ALTER"})) return look_at_alter(words, statement);
  if (words.take({"RENAME"})) return look_at_rename(words);
  return nullptr;
}

}  // namespace tidegate::mysql
