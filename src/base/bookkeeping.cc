#include "base/bookkeeping.h"

namespace tidegate {

void Session::note_and_run_alone(const Transaction& note, const Script& script,
                                 const Statement& statement, TransactionListener& listener) {
  run_or_throw(*this, note);
  run_alone(script, statement, note.guards, listener);
}

}  // namespace tidegate
