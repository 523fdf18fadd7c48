#include <fmt/format.h>

#include <algorithm>

#include "base/quote.h"
#include "history/ecto_history.h"
#include "history/native_sql.h"

namespace tidegate {

namespace {

class EctoReader : public HistoryReader {
 public:
  explicit EctoReader(const HistoryName& name) : engine_(name.engine) {
    const std::string table = name.table.empty() ? std::string(kEctoTable) : name.table;
    const auto quote = engine_ == "mysql" ? backticked : quoted;
    table_ = (name.schema.empty() ? "" : quote(name.schema) + ".") + quote(table);
  }

  // The version is a varchar where Rails made the table first (migration_cast_version_column), so
  // it is read as text and sorted here.
  std::vector<Query> reads() const override {
    if (engine_ == "sqlite") {
      return {{fmt::format("SELECT version, inserted_at FROM {}", table_)}};
    }
    if (engine_ == "mysql") {
      return {
          {fmt::format("SELECT version, CONCAT(DATE_FORMAT(inserted_at, '%Y-%m-%dT%T'), 'Z') "
                       "FROM {}",
                       table_)}};
    }
    return {{fmt::format(
        R"(SELECT version::text, to_char(inserted_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') FROM {})",
        table_)}};
  }

  History history(std::span<const ReadResult> results) const override {
    History history;
    if (const auto* error = std::get_if<Error>(&results[0])) {
      if (error->code == ErrorCode::no_table) return history;
      throw explained(*error);
    }
    const Rows& rows = std::get<Rows>(results[0]);
    history.state = History::State::present;
    history.records.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
      Record record;
      const std::string text = rows.text(row, 0);
      record.version = Version::parse_integer(text).value_or(Version(text));
      record.applied_at = rows.text(row, 1);
      history.records.push_back(std::move(record));
    }
    std::sort(history.records.begin(), history.records.end(),
              [](const Record& left, const Record& right) { return left.version < right.version; });
    return history;
  }

  std::string topic() const override { return {}; }

 private:
  Error explained(Error error) const {
    if (error.code == ErrorCode::foreign_table) {
      error.message = fmt::format("the table {} is not Ecto's: {}", table_, error.message);
      error.hint =
          "Ecto's has the columns version and inserted_at; name the right one with --history-table "
          "and --history-schema";
    } else if (error.code == ErrorCode::no_permission) {
      error.hint = fmt::format("grant SELECT on {} to this role", table_);
    }
    return error;
  }

  std::string engine_;
  std::string table_;
};

}  // namespace

std::unique_ptr<HistoryReader> make_ecto_reader(const HistoryName& name) {
  return std::make_unique<EctoReader>(name);
}

}  // namespace tidegate
