#include "drivers/postgres/server_kind.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace tidegate::postgres {
namespace {

/// How look-alikes call themselves whose advisory locks keep nobody out, or not on each node.
/// CockroachDB's functions exist and do nothing:
/// https://github.com/cockroachdb/cockroach/issues/13546
/// YugabyteDB has had real ones since 2025.1, and none before:
/// https://github.com/yugabyte/yugabyte-db/issues/3642
constexpr std::array<std::string_view, 2> kWithoutLocks = {"CockroachDB", "-YB-"};

}  // namespace

Query ask_server(const Settings& settings) {
  return {"SELECT " + settings.is_direct() + ", version()"};
}

Server server_of(const ReadResult& answer) {
  Server server;
  const Rows* rows = std::get_if<Rows>(&answer);
  const bool answered = rows != nullptr && !rows->empty();
  if (!answered || rows->text(0, 0) != "t") server.route = Server::Route::pooled;
  if (answered) server.product = rows->text(0, 1);
  const bool without = std::ranges::any_of(kWithoutLocks, [&](std::string_view name) {
    return server.product.find(name) != std::string::npos;
  });
  if (without) server.locks = Server::Locks::nowhere;
  return server;
}

}  // namespace tidegate::postgres
