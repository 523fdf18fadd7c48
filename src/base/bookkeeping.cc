#include "base/bookkeeping.h"

namespace tidegate {

void Session::note_and_run_alone(std::span<const Transaction> notes, const Script& script,
                                 const Statement& statement, TransactionListener& listener) {
  const TransactionsResult result = run(notes, listener);
  if (result.error) throw *result.error;
  run_alone(script, statement, notes.back().guards, listener);
}

}  // namespace tidegate
