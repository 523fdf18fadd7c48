#pragma once

#include "simulation/world.h"

namespace tidegate::simulation {

/// A replica that migrates, as `tidegate migrate` does; started again, as containers are, until it
/// exits with 0 or was told to stop. Where the run asks a person what became of an interrupted
/// statement, one looks and answers. Returns whether it exited with 0.
bool migrate(World& world, Process& process);

/// A replica that waits until the gate opens, as `tidegate wait` does.
void wait_at_gate(World& world, Process& process);

}  // namespace tidegate::simulation
