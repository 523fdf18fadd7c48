#include "drivers/postgres/settings.h"

#include <fmt/format.h>

namespace tidegate::postgres {
namespace {

std::string doubled(std::string_view text, char which) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == which) out += c;
  }
  return out;
}

}  // namespace

std::string like_of(std::string_view pattern) {
  std::string like;
  for (const char c : pattern) {
    if (c == '%' || c == '_' || c == '\\') like += '\\';
    like += c == '*' ? '%' : c;
  }
  return like;
}

std::string quote_identifier(std::string_view name) { return '"' + doubled(name, '"') + '"'; }

std::string quote_literal(std::string_view value) {
  const std::string quoted = '\'' + doubled(value, '\'') + '\'';
  if (value.find('\\') == std::string_view::npos) return quoted;
  return "E'" + doubled(doubled(value, '\''), '\\') + '\'';
}

const std::vector<Setting>& migrator_settings() {
  static const std::vector<Setting> kSettings = {
      // An hour-long migration is nobody's mistake.
      {"statement_timeout", "0"},
      {"lock_timeout", "0"},
      {"transaction_timeout", "0"},
      // The server notices within seconds that we died or were cut off, even inside a statement.
      // https://www.postgresql.org/docs/current/runtime-config-connection.html
      {"client_connection_check_interval", "500ms"},
      // Silence is noticed after six seconds, and so is an answer that nobody takes: one after the
      // other, where the server has something to say just before it would have noticed.
      {"tcp_keepalives_idle", "2"},
      {"tcp_keepalives_interval", "2"},
      {"tcp_keepalives_count", "2"},
      {"tcp_user_timeout", "6s"},
      // A migrator is never idle for that long, unless it is frozen.
      {"idle_session_timeout", "20s"},
      {"idle_in_transaction_session_timeout", "20s"},
      // What a role or database may have set for applications.
      {"default_transaction_isolation", "read committed"},
      {"default_transaction_read_only", "off"},
      {"default_transaction_deferrable", "off"},
  };
  return kSettings;
}

// The server as a whole, this database and this role each have a limit, and the one that is nearest
// counts. In pg_stat_activity every role sees which sessions there are, and their names.
std::string crowd_sql() {
  return R"(
SELECT l.used, l.most, a.ours
  FROM (SELECT count(datid) AS used,
               count(*) FILTER (WHERE datname = current_database()) AS here,
               count(*) FILTER (WHERE usename = session_user) AS mine,
               count(*) FILTER (WHERE application_name LIKE 'tidegate %') AS ours
          FROM pg_catalog.pg_stat_activity) a
 CROSS JOIN LATERAL (
   VALUES (a.used, current_setting('max_connections')::int
                   - current_setting('superuser_reserved_connections')::int
                   - COALESCE(current_setting('reserved_connections', true), '0')::int),
          (a.here, (SELECT datconnlimit FROM pg_catalog.pg_database
                     WHERE datname = current_database())),
          (a.mine, (SELECT rolconnlimit FROM pg_catalog.pg_roles WHERE rolname = session_user))
 ) l (used, most)
 WHERE l.most >= 0
 ORDER BY l.used::float8 / GREATEST(l.most, 1) DESC
 LIMIT 1)";
}

std::string set_config(std::string_view name, std::string_view value, Until until) {
  return fmt::format("pg_catalog.set_config({}, {}, {})", quote_literal(name), quote_literal(value),
                     until == Until::transaction_ends);
}

std::string set_config(std::string_view name, std::size_t number, Until until) {
  return fmt::format("pg_catalog.set_config({}, ${}, {})", quote_literal(name), number,
                     until == Until::transaction_ends);
}

std::string Settings::is_direct() const {
  return fmt::format("pg_catalog.pg_backend_pid() = {}", backend_);
}

Query Settings::set_if_known(const Setting& setting) const {
  return {
      fmt::format("SELECT pg_catalog.set_config({0}, {1}, NOT {2}) "
                  "WHERE pg_catalog.current_setting({0}, true) IS NOT NULL",
                  quote_literal(setting.name), quote_literal(setting.value), is_direct())};
}

Query Settings::set_those_known(const std::vector<Setting>& settings) {
  std::vector<std::string> values;
  for (const Setting& setting : settings) {
    values.push_back(
        fmt::format("({}, {})", quote_literal(setting.name), quote_literal(setting.value)));
  }
  return {
      fmt::format("SELECT s.name FROM (VALUES {}) s (name, value) "
                  "WHERE CASE WHEN pg_catalog.current_setting(s.name, true) IS NOT NULL "
                  "THEN pg_catalog.set_config(s.name, s.value, true) IS NOT NULL ELSE false END",
                  fmt::join(values, ", "))};
}

std::string Settings::search_path_expression(std::string_view until_transaction_ends) const {
  return fmt::format(
      "pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', {}, "
      "NULLIF(pg_catalog.current_setting('search_path'), '')), {})",
      quote_literal(quote_identifier(schema_)), until_transaction_ends);
}

std::string Settings::set_search_path() const {
  return "SELECT " + search_path_expression("NOT " + is_direct());
}

Query Settings::ask_origin() {
  return {
      "SELECT session_user, pg_catalog.current_setting('role'), "
      "pg_catalog.current_setting('search_path')"};
}

std::string Settings::restore_origin() const {
  // Left to right: setting the session's user takes the role away, as RESET does.
  return fmt::format(
      "CASE WHEN session_user <> {0} OR pg_catalog.current_setting('role') <> {1} "
      "THEN pg_catalog.set_config('session_authorization', {0}, false) || "
      "pg_catalog.set_config('role', {1}, false) END, "
      "CASE WHEN pg_catalog.current_setting('search_path') <> {2} "
      "THEN pg_catalog.set_config('search_path', {2}, false) END",
      quote_literal(origin_->session_user), quote_literal(origin_->role),
      quote_literal(origin_->search_path));
}

const std::vector<std::string>& Settings::reset() {
  // The order matters: RESET SESSION AUTHORIZATION also drops a role that ALTER ROLE … SET role
  // or the connection's options had given us, and RESET ROLE brings it back. RESET ALL leaves
  // both alone. https://www.postgresql.org/docs/current/sql-reset.html
  static const std::vector<std::string> kReset = {"RESET SESSION AUTHORIZATION", "RESET ROLE",
                                                  "RESET ALL"};
  return kReset;
}

std::string Settings::set_all() const {
  std::vector<std::string> expressions;
  const Until until = pooled_ ? Until::transaction_ends : Until::session_ends;
  for (const Setting& setting : kept_) {
    expressions.push_back(set_config(setting.name, setting.value, until));
  }
  if (!schema_.empty()) expressions.push_back(search_path_expression(pooled_ ? "true" : "false"));
  return fmt::format("SELECT {}", fmt::join(expressions, ", "));
}

}  // namespace tidegate::postgres
