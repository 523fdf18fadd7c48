#pragma once

#include "drivers/postgres/settings.h"
#include "tidegate/session.h"

namespace tidegate::postgres {

/// Asks who answers, and what the server calls itself. That is unqualified, since that is how
/// look-alikes know it.
Query ask_server(const Settings& settings);

/// What answered `ask_server`.
///
/// A pooler can't know, when libpq connects, which process of the server's will answer, so it makes
/// a number up, and that shows however quiet the pool is. docs/decisions/0010-behind-a-pooler.md
Server server_of(const ReadResult& answer);

}  // namespace tidegate::postgres
