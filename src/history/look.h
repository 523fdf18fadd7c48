#pragma once

#include "tidegate/gate.h"
#include "tidegate/history.h"
#include "tidegate/lock.h"
#include "tidegate/session.h"

namespace tidegate {

/// Looks at history and lock together: one round trip where the engine can.
///
/// Writes: nothing. Throws: Error when the history can't be read.
Look look_at(Reader& reader, const HistoryReader& history, const LockView& lock);

}  // namespace tidegate
