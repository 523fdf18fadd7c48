#pragma once

#include <span>
#include <string>
#include <vector>

#include "drivers/postgres/settings.h"
#include "tidegate/session.h"

namespace tidegate::postgres {

/// READ COMMITTED, so that who waited for a row sees it as it is then. DEFERRABLE does nothing in
/// such a transaction, which makes it a mark that costs nothing: what runs after the transaction's
/// end runs without it, no RESET takes it away, and after the first query nothing can set it. The
/// rest beats whatever default the role has.
inline constexpr std::string_view kBegin =
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE DEFERRABLE";

/// How the server says no to a guard.
inline constexpr std::string_view kDivisionByZero = "22012";

/// The server itself must refuse: what follows in the pipeline is on its way already.
std::string refused_unless(const Guard& guard);

/// The transaction that stands before a statement which runs alone, in one burst with it: an error
/// in here makes the server skip all that follows, the statement too.
///
/// The guards come first, since a SET of the script may change the role. Behind a pooler there are
/// no such settings, and the name is the pooler's business.
std::vector<Query> fence_before(const Script& script, const Statement& statement,
                                std::span<const Guard> guards, const Settings& settings,
                                std::string_view application_name);

}  // namespace tidegate::postgres
