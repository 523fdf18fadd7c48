#include "lock/ecto_lock_view.h"

#include <fmt/format.h>

namespace tidegate {

namespace {

std::string quoted(std::string_view name) {
  std::string result = "\"";
  for (const char c : name) {
    if (c == '"') result += c;
    result += c;
  }
  return result + '"';
}

class EctoLockView : public LockView {
 public:
  explicit EctoLockView(const LockName& name)
      : table_((name.history_schema.empty() ? "" : quoted(name.history_schema) + ".") +
               quoted(name.history_table)) {}

  // ANALYZE and autovacuum take the same mode: a worker of the server's own has no user.
  std::vector<Query> reads() const override {
    return {{R"(
      SELECT a.pid, coalesce(a.application_name, ''), coalesce(host(a.client_addr), ''),
             to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
        FROM pg_catalog.pg_locks l
        JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
       WHERE l.locktype = 'relation'
         AND l.relation = pg_catalog.to_regclass($1)
         AND l.database = (SELECT oid FROM pg_catalog.pg_database
                            WHERE datname = pg_catalog.current_database())
         AND l.mode = 'ShareUpdateExclusiveLock'
         AND l.granted
         AND a.usesysid IS NOT NULL
       ORDER BY a.pid
       LIMIT 1)",
             {table_}}};
  }

  std::optional<Holder> holder(std::span<const ReadResult> results) const override {
    const auto* rows = std::get_if<Rows>(&results[0]);
    if (rows == nullptr || rows->empty()) return std::nullopt;
    Holder holder;
    holder.who = fmt::format("backend {}", rows->text(0, 0));
    if (const std::string name = rows->text(0, 1); !name.empty())
      holder.who = name + " " + holder.who;
    if (const std::string host = rows->text(0, 2); !host.empty()) holder.who += " from " + host;
    holder.since = rows->text(0, 3);
    return holder;
  }

 private:
  std::string table_;
};

class BlindView : public LockView {
 public:
  std::vector<Query> reads() const override { return {}; }
  std::optional<Holder> holder(std::span<const ReadResult>) const override { return std::nullopt; }
};

}  // namespace

std::unique_ptr<LockView> make_ecto_lock_view(const LockName& name) {
  return std::make_unique<EctoLockView>(name);
}

std::unique_ptr<LockView> make_blind_view(const LockName&) { return std::make_unique<BlindView>(); }

}  // namespace tidegate
