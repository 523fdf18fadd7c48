#pragma once

#include <optional>

#include "tidegate/code.h"

namespace tidegate {

/// The open transaction of a run, for a migration written in C++: each statement goes by itself,
/// and none after one that the transaction didn't outlive.
class CodeWork : public Work {
 public:
  /// Does what the migration says. Returns what it fails with: the exception that left its
  /// function, or else the refusal that it caught and that the transaction didn't outlive.
  std::optional<Error> perform(const Script& script);

  Rows execute(const Query& query) final;

 private:
  /// Sends one statement and waits for its rows. Throws: Error.
  virtual Rows run(const Query& query) = 0;

  /// Whether the transaction goes on now that a statement failed.
  virtual bool goes_on() const { return false; }

  std::optional<Error> failure_;
};

}  // namespace tidegate
