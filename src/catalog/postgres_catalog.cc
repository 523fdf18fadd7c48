#include <algorithm>
#include <array>

#include "base/application_name.h"
#include "base/ascii.h"
#include "catalog/all_catalogs.h"
#include "catalog/postgres_looks.h"
#include "catalog/repeatable.h"
#include "sql/dialect.h"
#include "sql/words.h"

namespace tidegate {
namespace {

/// Besides what the server refuses in a transaction: what may commit part of its work by itself,
/// and what means something else there.
constexpr std::array kAlone = {
    StatementPattern{"CALL", "CALL"},
    StatementPattern{"SET LOCAL|TRANSACTION|CONSTRAINTS", "SET LOCAL"},
};

/// Done twice they are done once.
constexpr std::array kRepeatable = {
    StatementPattern{"VACUUM", "VACUUM"},
    StatementPattern{"ANALYZE", "ANALYZE"},
    StatementPattern{"CLUSTER", "CLUSTER"},
    StatementPattern{"ALTER SYSTEM", "ALTER SYSTEM"},
    StatementPattern{"ALTER DATABASE + SET TABLESPACE", "ALTER DATABASE … SET TABLESPACE"},
    StatementPattern{"ALTER SUBSCRIPTION + REFRESH PUBLICATION", "REFRESH PUBLICATION"},
    StatementPattern{"DISCARD", "DISCARD"},
    StatementPattern{"SET LOCAL|TRANSACTION|CONSTRAINTS", "SET LOCAL"},
};

constexpr std::array kLooks = {
    postgres::look_at_index_made, postgres::look_at_index_dropped, postgres::look_at_reindex,
    postgres::look_at_detach,     postgres::look_at_object,
};

const Dialect& dialect() { return *find_dialect("postgres"); }

bool holds(std::string_view text, std::string_view lower_case) {
  return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                     [](char has, char want) { return to_lower(has) == want; }) != text.end();
}

/// A DO block is one transaction unless it says one of these, in whichever language.
bool may_commit(std::string_view statement) {
  constexpr std::array kDo = {StatementPattern{"DO", "DO"}};
  return find_pattern(kDo, statement, dialect()) != nullptr &&
         (holds(statement, "commit") || holds(statement, "rollback") || holds(statement, "call"));
}

/// A long name has lost its beginning, and a longer label has cost it more.
bool is_name_of(std::string_view holder, std::string_view told) {
  const std::string whole = read_application_name(application_name(holder)).who;
  if (!told.starts_with('~')) return whole == told;
  return told.size() > 1 && whole.ends_with(told.substr(1));
}

class PostgresCatalog final : public Catalog {
 public:
  Manner manner_of(std::string_view statement) const override {
    const bool alone =
        find_pattern(dialect().needs_no_transaction, statement, dialect()) != nullptr ||
        find_pattern(kAlone, statement, dialect()) != nullptr || may_commit(statement);
    return alone ? Manner::alone : Manner::with_journal;
  }

  /// "… cannot run inside a transaction block", and a COMMIT somewhere inside. A later server's own
  /// statements, and forms that depend on the object, are found this way.
  bool wants_to_be_alone(const Error& error) const override {
    return error.server_code == "25001" || error.server_code == "2D000";
  }

  std::unique_ptr<StatementLook> look_at(std::string_view statement) const override {
    for (const auto& look : kLooks) {
      if (auto found = look(statement)) return found;
    }
    return find_pattern(kRepeatable, statement, dialect()) != nullptr ? make_repeatable_look()
                                                                      : nullptr;
  }

  /// The server keeps the beginning of a statement only, and shows it to members of the role that
  /// runs it; of others there is the name. A COMMIT stands right before a statement that runs
  /// alone, in one burst with it: from one to the other the session stays active.
  std::vector<Query> sessions_reads(std::string_view statement) const override {
    return {
        {"SELECT pid::text, application_name, (state IS NULL)::text "
         "FROM pg_catalog.pg_stat_activity WHERE datname = pg_catalog.current_database() "
         "AND pid <> pg_catalog.pg_backend_pid() AND application_name LIKE 'tidegate %' "
         "AND (state IS NULL OR (state = 'active' AND query <> '' "
         "AND (query = 'COMMIT' OR pg_catalog.left($1, pg_catalog.length(query)) = query)))",
         {std::string(statement)}}};
  }

  std::vector<std::string> sessions_of(std::string_view holder,
                                       std::span<const ReadResult> results) const override {
    std::vector<std::string> numbers;
    const auto* rows = results.empty() ? nullptr : std::get_if<Rows>(&results[0]);
    if (rows == nullptr) return numbers;
    for (std::size_t row = 0; row < rows->size(); ++row) {
      const NameTold told = read_application_name(rows->text(row, 1));
      const bool hidden = rows->text(row, 2) == "true";
      if (hidden && told.progress.empty()) continue;
      if (is_name_of(holder, told.who)) numbers.push_back(rows->text(row, 0));
    }
    return numbers;
  }

  Query end_session(const std::string& number) const override {
    return {"SELECT pg_catalog.pg_terminate_backend($1::int)", {number}};
  }
};

}  // namespace

const Catalog& postgres_catalog() {
  static const PostgresCatalog kCatalog;
  return kCatalog;
}

}  // namespace tidegate
