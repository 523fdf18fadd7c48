#pragma once

#include "simulation/world.h"

namespace tidegate::simulation {

/// The shortest story found that breaks a promise as well: without the faults, processes,
/// migrations and changes of turn that it can do without.
///
/// REQUIRES: `story` breaks one.
Story shrink(const Story& story, const Protocol& protocol, const Mutant* mutant);

}  // namespace tidegate::simulation
