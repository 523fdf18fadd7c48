#pragma once

#include <optional>

#include "tidegate/code.h"

namespace tidegate {

/// The open transaction of a run, for a migration written in C++: each statement goes by itself,
/// and none after one that failed.
class CodeWork : public Work {
 public:
  /// Does what the migration says. Returns what it fails with: the exception that left its
  /// function, or else the refusal that it caught, which hasn't saved the transaction.
  std::optional<Error> perform(const Script& script);

  Rows execute(const Query& query) final;

 private:
  /// Sends one statement and waits for its rows. Throws: Error.
  virtual Rows run(const Query& query) = 0;

  std::optional<Error> failure_;
};

}  // namespace tidegate
