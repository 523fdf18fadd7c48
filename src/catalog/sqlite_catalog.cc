#include <array>

#include "catalog/all_catalogs.h"
#include "catalog/repeatable.h"
#include "sql/dialect.h"
#include "sql/words.h"

namespace tidegate {
namespace {

/// Whatever isn't done by one transaction of SQLite's is a setting or can be done twice.
constexpr std::array kAlone = {
    StatementPattern{"PRAGMA", "PRAGMA"},
    StatementPattern{"VACUUM", "VACUUM"},
    StatementPattern{"ATTACH", "ATTACH"},
    StatementPattern{"DETACH", "DETACH"},
};

class SqliteCatalog final : public Catalog {
 public:
  Manner manner_of(std::string_view statement) const override {
    return is_alone(statement) ? Manner::alone : Manner::with_journal;
  }

  bool wants_to_be_alone(const Error&) const override { return false; }

  std::unique_ptr<StatementLook> look_at(std::string_view statement) const override {
    return is_alone(statement) ? make_repeatable_look() : nullptr;
  }

  /// The database is a library inside of the process that uses it: they end together.
  std::vector<Query> sessions_reads(std::string_view) const override { return {}; }
  std::vector<std::string> sessions_of(std::string_view,
                                       std::span<const ReadResult>) const override {
    return {};
  }
  Query end_session(const std::string&) const override { return {}; }

 private:
  static bool is_alone(std::string_view statement) {
    return find_pattern(kAlone, statement, *find_dialect("sqlite")) != nullptr;
  }
};

}  // namespace

const Catalog& sqlite_catalog() {
  static const SqliteCatalog kCatalog;
  return kCatalog;
}

}  // namespace tidegate
