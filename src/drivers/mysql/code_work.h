#pragma once

#include <optional>

#include "drivers/mysql/connection.h"
#include "tidegate/code.h"

namespace tidegate::mysql {

/// The open transaction of a run, for a migration written in C++: each statement goes by itself.
class CodeWork final : public Work {
 public:
  explicit CodeWork(Connection& connection) : connection_(connection) {}

  Rows execute(const Query& query) override;

  /// The first error, after which nothing more is sent: the server may have rolled back all.
  const std::optional<Error>& failure() const { return failure_; }

 private:
  Rows run(const Query& query);

  Connection& connection_;
  std::optional<Error> failure_;
};

}  // namespace tidegate::mysql
