#pragma once

#include "run/interruptions.h"
#include "run/migrator_parts.h"

namespace tidegate {

/// Makes sure that nobody is at an interrupted statement any more: where the lock isn't the work's
/// own session, a server may go on with what a dead or fenced holder had sent.
///
/// Blocks: a second for the server to notice by itself, then a few more for it to end the session.
/// Throws: Error{blocked} that names the session when it can't be ended.
void end_former_holder(MigratorParts& parts, const MigrationSet& set, const History& history);

}  // namespace tidegate
