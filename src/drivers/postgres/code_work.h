#pragma once

#include "drivers/code_work.h"
#include "drivers/postgres/connection.h"

namespace tidegate::postgres {

/// On a server that takes nothing more in a transaction once a statement failed.
class PostgresCodeWork final : public CodeWork {
 public:
  explicit PostgresCodeWork(Connection& connection) : connection_(connection) {}

 private:
  Rows run(const Query& query) override;

  Connection& connection_;
};

}  // namespace tidegate::postgres
