#pragma once

#include <optional>

#include "tidegate/error.h"
#include "tidegate/session.h"

namespace tidegate::mysql {

/// Whether a node of a cluster may be read: one that is joining, behind or cut off from the others
/// would show what was, or what never will be.
/// https://galeracluster.com/library/documentation/galera-status-variables.html
Query ask_node_state();

/// Why the node that answered `ask_node_state` mustn't be read; nothing when it may.
std::optional<Error> refusal_of_node(const Rows& rows);

}  // namespace tidegate::mysql
