#pragma once

#include "tidegate/gate.h"
#include "tidegate/history.h"
#include "tidegate/lock.h"
#include "tidegate/session.h"

namespace tidegate {

/// Looks at the history alone: enough to see that nothing is missing. Who holds the lock is asked
/// of the server's own views, which costs it several times as much.
///
/// Writes: nothing. Throws: Error when the history can't be read.
Look look_at(Reader& reader, const HistoryReader& history);

/// Looks at history and lock together: one round trip where the engine can.
///
/// Writes: nothing. Throws: Error when the history can't be read.
Look look_at(Reader& reader, const HistoryReader& history, const LockView& lock);

}  // namespace tidegate
