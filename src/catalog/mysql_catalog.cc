#include <array>

#include "catalog/all_catalogs.h"
#include "catalog/mysql_looks.h"
#include "catalog/repeatable.h"
#include "sql/dialect.h"
#include "sql/words.h"

namespace tidegate {
namespace {

/// What leaves an open transaction open. Whatever is neither here nor known to commit is taken for
/// something that does: a later server's new statement.
constexpr std::array kStays = {
    StatementPattern{"INSERT", "INSERT"},
    StatementPattern{"UPDATE", "UPDATE"},
    StatementPattern{"DELETE", "DELETE"},
    StatementPattern{"REPLACE", "REPLACE"},
    StatementPattern{"SELECT", "SELECT"},
    StatementPattern{"WITH", "WITH"},
    StatementPattern{"VALUES", "VALUES"},
    StatementPattern{"DO", "DO"},
    StatementPattern{"SET", "SET"},
    StatementPattern{"USE", "USE"},
    StatementPattern{"SHOW", "SHOW"},
    StatementPattern{"EXPLAIN|DESCRIBE|DESC", "EXPLAIN"},
    StatementPattern{"SAVEPOINT", "SAVEPOINT"},
    StatementPattern{"RELEASE SAVEPOINT", "RELEASE SAVEPOINT"},
    StatementPattern{"LOAD DATA", "LOAD DATA"},
};

/// Done twice they are done once.
constexpr std::array kRepeatable = {
    StatementPattern{"ANALYZE", "ANALYZE"}, StatementPattern{"OPTIMIZE", "OPTIMIZE"},
    StatementPattern{"CHECK", "CHECK"},     StatementPattern{"REPAIR", "REPAIR"},
    StatementPattern{"FLUSH", "FLUSH"},     StatementPattern{"SET", "SET"},
    StatementPattern{"GRANT", "GRANT"},
};

/// Refused, they have done nothing, whether or not the catalog shows what they do.
constexpr std::array kWhole = {
    StatementPattern{"ALTER", "ALTER"},   StatementPattern{"CREATE", "CREATE"},
    StatementPattern{"DROP", "DROP"},     StatementPattern{"RENAME", "RENAME"},
    StatementPattern{"GRANT", "GRANT"},   StatementPattern{"TRUNCATE", "TRUNCATE"},
    StatementPattern{"REVOKE", "REVOKE"},
};

const Dialect& dialect() { return *find_dialect("mysql"); }

bool commits(std::string_view statement) {
  if (commits_by_itself(statement, dialect()) != nullptr) return true;
  return find_pattern(kStays, statement, dialect()) == nullptr &&
         find_pattern(dialect().stays_in_transaction, statement, dialect()) == nullptr;
}

class MysqlCatalog final : public Catalog {
 public:
  bool ends_transaction(std::string_view statement) const override { return commits(statement); }

  Manner manner_of(std::string_view statement) const override {
    return commits(statement) ? Manner::alone : Manner::with_journal;
  }

  bool may_stop_in_between(std::string_view statement) const override {
    return find_pattern(kWhole, statement, dialect()) == nullptr &&
           find_pattern(kRepeatable, statement, dialect()) == nullptr;
  }

  bool wants_to_be_alone(const Error&) const override { return false; }

  std::unique_ptr<StatementLook> look_at(std::string_view statement) const override {
    if (auto look = mysql::look_at_definition(statement)) return look;
    return find_pattern(kRepeatable, statement, dialect()) != nullptr ? make_repeatable_look()
                                                                      : nullptr;
  }

  /// None: with the session's lock the next holder comes when the last one's session is gone, and
  /// in a cluster a lease is taken behind all that was sent to it before.
  std::vector<Query> sessions_reads(std::string_view) const override { return {}; }
  std::vector<std::string> sessions_of(std::string_view,
                                       std::span<const ReadResult>) const override {
    return {};
  }
  Query end_session(const std::string&) const override { return {}; }
};

}  // namespace

const Catalog& mysql_catalog() {
  static const MysqlCatalog kCatalog;
  return kCatalog;
}

}  // namespace tidegate
