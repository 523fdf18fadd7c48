#pragma once

#include "tidegate/session.h"

namespace tidegate {

/// For a run that nobody watches: bookkeeping.
class SilentListener final : public TransactionListener {
 public:
  void transaction_started(std::size_t) override {}
  void statement_started(std::size_t, std::size_t) override {}
  void committed(std::size_t, std::chrono::microseconds) override {}
  void notice(std::string_view, std::string_view) override {}
};

/// Runs one transaction by itself.
///
/// Throws: Error where `Session::run` would return one.
inline void run_or_throw(Session& session, const Transaction& transaction) {
  SilentListener nobody;
  const TransactionsResult result = session.run({&transaction, 1}, nobody);
  if (result.error) throw *result.error;
}

}  // namespace tidegate
