#pragma once

#include <optional>

#include "drivers/postgres/connection.h"
#include "tidegate/code.h"

namespace tidegate::postgres {

/// The open transaction of a run, for a migration written in C++: each statement goes by itself.
class CodeWork final : public Work {
 public:
  explicit CodeWork(Connection& connection) : connection_(connection) {}

  Rows execute(const Query& query) override;

  /// The first error, after which the server takes nothing more in this transaction.
  const std::optional<Error>& failure() const { return failure_; }

 private:
  Rows run(const Query& query);

  Connection& connection_;
  std::optional<Error> failure_;
};

}  // namespace tidegate::postgres
