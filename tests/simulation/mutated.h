#pragma once

#include <memory>

#include "simulation/mutants.h"
#include "tidegate/history.h"
#include "tidegate/lock.h"
#include "tidegate/migration.h"
#include "tidegate/session.h"

namespace tidegate::simulation {

/// The thing itself, or with the mutant's step left out. `mutant` may be null.
std::unique_ptr<Session> mutated_session(const Mutant* mutant, std::unique_ptr<Session> session);
std::unique_ptr<Lock> mutated_lock(const Mutant* mutant, std::unique_ptr<Lock> lock);
std::unique_ptr<HistoryReader> mutated_history(const Mutant* mutant,
                                               std::unique_ptr<HistoryReader> reader);

/// Takes all of `set` for recorded once a run has ended.
std::unique_ptr<HistoryReader> trusting_history(const MigrationSet& set,
                                                std::unique_ptr<HistoryReader> reader);

}  // namespace tidegate::simulation
