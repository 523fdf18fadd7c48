#include <sqlite3.h>

#include <stdexcept>
#include <vector>

#include "store.h"

namespace orders {
namespace {

struct Close {
  void operator()(sqlite3* handle) const { sqlite3_close(handle); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

class SqliteStore : public Store {
 public:
  explicit SqliteStore(const std::string& path) {
    sqlite3* raw = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr);
    handle_.reset(raw);
    if (code != SQLITE_OK) fail();
    sqlite3_busy_timeout(raw, 5'000);
  }

  void add(const Order& order) override {
    run(kInsert, {order.id, order.customer, std::to_string(order.amount), order.source});
  }

  std::optional<Order> find(const std::string& id) override {
    const std::vector<std::string> row = run(kSelect, {id});
    if (row.empty()) return std::nullopt;
    return Order{row[0], row[1], std::stoll(row[2]), row[3]};
  }

 private:
  /// The first row, or nothing.
  std::vector<std::string> run(const char* sql, const std::vector<std::string>& values) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(handle_.get(), sql, -1, &raw, nullptr) != SQLITE_OK) fail();
    const std::unique_ptr<sqlite3_stmt, Close> statement(raw);
    for (std::size_t i = 0; i < values.size(); ++i) {
      sqlite3_bind_text(raw, static_cast<int>(i) + 1, values[i].c_str(), -1, SQLITE_STATIC);
    }
    const int code = sqlite3_step(raw);
    if (code == SQLITE_DONE) return {};
    if (code != SQLITE_ROW) fail();
    std::vector<std::string> row;
    for (int i = 0; i < sqlite3_column_count(raw); ++i) {
      row.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(raw, i)));
    }
    return row;
  }

  [[noreturn]] void fail() const { throw std::runtime_error(sqlite3_errmsg(handle_.get())); }

  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace

std::unique_ptr<Store> open_sqlite(const std::string& path) {
  return std::make_unique<SqliteStore>(path);
}

std::unique_ptr<Store> open_store(const std::string& url) {
  if (url.starts_with("sqlite:")) return open_sqlite(url.substr(7));
  return open_postgres(url);
}

}  // namespace orders
