#pragma once

#include "tidegate/session.h"

namespace tidegate::postgres {

/// Asks what the server calls itself. Unqualified, since that is how look-alikes know it.
Query ask_product();

/// What answered `Settings::ask_direct` and `ask_product`.
///
/// A pooler can't know, when libpq connects, which process of the server's will answer, so it makes
/// a number up, and that shows however quiet the pool is. docs/decisions/0010-behind-a-pooler.md
Server server_of(const ReadResult& direct, const ReadResult& product);

}  // namespace tidegate::postgres
