#pragma once

#include "drivers/code_work.h"
#include "drivers/mysql/connection.h"

namespace tidegate::mysql {

/// On a server that may roll back all of a transaction when a statement fails.
class MysqlCodeWork final : public CodeWork {
 public:
  explicit MysqlCodeWork(Connection& connection) : connection_(connection) {}

 private:
  Rows run(const Query& query) override;

  Connection& connection_;
};

}  // namespace tidegate::mysql
