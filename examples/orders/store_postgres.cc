#include <libpq-fe.h>

#include <stdexcept>
#include <vector>

#include "store.h"

namespace orders {
namespace {

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
  void operator()(PGconn* connection) const { PQfinish(connection); }
};

class PostgresStore : public Store {
 public:
  explicit PostgresStore(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) fail();
  }

  void add(const Order& order) override {
    run(kInsert, {order.id, order.customer, std::to_string(order.amount), order.source});
  }

  std::optional<Order> find(const std::string& id) override {
    const Result result = run(kSelect, {id});
    if (PQntuples(result.get()) == 0) return std::nullopt;
    const auto text = [&](int column) { return std::string(PQgetvalue(result.get(), 0, column)); };
    return Order{text(0), text(1), std::stoll(text(2)), text(3)};
  }

 private:
  using Result = std::unique_ptr<PGresult, Clear>;

  Result run(const char* sql, const std::vector<std::string>& values) {
    std::vector<const char*> texts;
    for (const std::string& value : values) texts.push_back(value.c_str());
    Result result(PQexecParams(connection_.get(), sql, static_cast<int>(texts.size()), nullptr,
                               texts.data(), nullptr, nullptr, 0));
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail();
    return result;
  }

  [[noreturn]] void fail() const { throw std::runtime_error(PQerrorMessage(connection_.get())); }

  std::unique_ptr<PGconn, Clear> connection_;
};

}  // namespace

std::unique_ptr<Store> open_postgres(const std::string& url) {
  return std::make_unique<PostgresStore>(url);
}

}  // namespace orders
