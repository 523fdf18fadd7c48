#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace orders {

struct Order {
  std::string id;
  std::string customer;
  std::int64_t amount = 0;
  std::string source;  ///< where it came from: the shop, the app, …
};

/// One connection to the orders' database. Threads: one at a time.
class Store {
 public:
  virtual ~Store() = default;
  /// Throws: std::runtime_error.
  virtual void add(const Order& order) = 0;
  virtual std::optional<Order> find(const std::string& id) = 0;
};

/// `sqlite:PATH` or `postgres://…`. Throws: std::runtime_error.
std::unique_ptr<Store> open_store(const std::string& url);
std::unique_ptr<Store> open_sqlite(const std::string& path);
std::unique_ptr<Store> open_postgres(const std::string& url);

/// The statements of this version of the service. Version 1 keeps the source in `channel`; from
/// version 2 on it has a column of its name.
#if ORDERS_VERSION == 1
inline constexpr const char* kInsert =
    "INSERT INTO orders (id, customer, amount, channel) VALUES ($1, $2, $3, $4)";
inline constexpr const char* kSelect =
    "SELECT id, customer, amount, channel FROM orders WHERE id = $1";
#else
inline constexpr const char* kInsert =
    "INSERT INTO orders (id, customer, amount, source) VALUES ($1, $2, $3, $4)";
inline constexpr const char* kSelect =
    "SELECT id, customer, amount, COALESCE(source, '') FROM orders WHERE id = $1";
#endif

}  // namespace orders
