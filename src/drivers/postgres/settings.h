#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/session.h"

namespace tidegate::postgres {

/// `value` as an SQL literal, whatever standard_conforming_strings says.
std::string quote_literal(std::string_view value);
std::string quote_identifier(std::string_view name);

/// What LIKE makes of a pattern in which `*` stands for any text, and nothing else for anything.
std::string like_of(std::string_view pattern);

/// One setting of the server, and what the migrator wants it to be.
struct Setting {
  std::string name;
  std::string value;
};

/// The read behind `Reader::crowd_read`.
std::string crowd_sql();

/// What a migrator asks of its own session, and nobody else's.
const std::vector<Setting>& migrator_settings();

/// The settings that must be in force whenever SQL of ours runs, whatever a migration changed.
class Settings {
 public:
  /// `backend` is the process that libpq was told of when it connected. A pooler makes that up, and
  /// then a setting must not outlive its transaction: the connection is somebody else's next.
  explicit Settings(int backend) : backend_(backend) {}

  /// What a query asks that sets one of them if this server knows it: one row if so. Behind a
  /// pooler it is gone with the query.
  Query set_if_known(const Setting& setting) const;

  /// The same for all of them at once: a row for the name of each that is known.
  static Query set_those_known(const std::vector<Setting>& settings);

  /// An expression: whether the process that answers is the one we connected to.
  std::string is_direct() const;
  /// From now on each transaction brings its settings along.
  void be_pooled() { pooled_ = true; }
  bool pooled() const { return pooled_; }

  /// As it was before the first `keep`, for another schema.
  void start_over(std::string schema) {
    kept_.clear();
    origin_.reset();
    schema_ = std::move(schema);
  }

  /// From now on part of `restore`.
  void keep(Setting setting) { kept_.push_back(std::move(setting)); }
  /// A schema put first in the role's own search path; empty for none.
  void set_schema(std::string schema) { schema_ = std::move(schema); }
  const std::string& schema() const { return schema_; }

  /// Who the session is and where it looks for tables, as it was before any migration.
  struct Origin {
    std::string session_user;
    std::string role;
    std::string search_path;
  };
  /// What asks for it: one row of three values.
  static Query ask_origin();
  void set_origin(Origin origin) { origin_ = std::move(origin); }
  const std::optional<Origin>& origin() const { return origin_; }

  /// An expression that makes these three what they were, where they are not.
  std::string restore_origin() const;

  /// The statement that puts the schema first; to be sent when the path is the role's own. Behind a
  /// pooler it changes nothing.
  std::string set_search_path() const;

  /// What undoes every SET, SET ROLE, SET SESSION AUTHORIZATION and set_config of a migration,
  /// except for the last statement, which is `set_all`.
  static const std::vector<std::string>& reset();

  /// Sets all of them, when all are reset; behind a pooler until the transaction ends.
  std::string set_all() const;

 private:
  std::string search_path_expression(std::string_view until_transaction_ends) const;

  int backend_;
  bool pooled_ = false;
  std::vector<Setting> kept_;
  std::string schema_;
  std::optional<Origin> origin_;
};

/// `set_config(…)` for use in a SELECT, until the session or the transaction ends.
enum class Until { session_ends, transaction_ends };
std::string set_config(std::string_view name, std::string_view value, Until until);
/// The same with the value in parameter $`number`.
std::string set_config(std::string_view name, std::size_t number, Until until);

}  // namespace tidegate::postgres
