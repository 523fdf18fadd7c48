#include "simulation/mutants.h"

#include <array>

namespace tidegate::simulation {

namespace {

using Where = Mutant::Where;

// What the guards look like at the server.
constexpr std::string_view kSessionGuard = "WHEN (pg_catalog.pg_try_advisory_lock('";
constexpr std::string_view kNotRecorded = "WHERE version = $1)";

constexpr std::array kMutants{
    Mutant{"no_second_look", "session", Where::no_second_look},
    Mutant{"lock_is_let_go_early", "session", Where::lock_is_let_go_early},
    Mutant{"lock_is_a_dummy", "session", Where::lock_is_a_dummy},
    Mutant{"record_comes_later", "session", Where::record_comes_later},
    Mutant{"gate_trusts_the_end", "session", Where::gate_trusts_the_end},
    Mutant{"interrupted_means_undone", "session", Where::interrupted_means_undone},
    Mutant{"never_idle", "session", Where::never_idle},
    Mutant{"no_guard", "session", Where::sql, kSessionGuard, "WHEN (hashtextextended('"},
    Mutant{"journal_is_not_read", "session", Where::sql, "ORDER BY version, statement",
           "WHERE state <> 'started' ORDER BY version, statement"},
    Mutant{"no_second_look", "file", Where::no_second_look},
    Mutant{"lock_is_let_go_early", "file", Where::lock_is_let_go_early},
    Mutant{"record_comes_later", "file", Where::record_comes_later},
    Mutant{"gate_trusts_the_end", "file", Where::gate_trusts_the_end},
    Mutant{"interrupted_means_undone", "file", Where::interrupted_means_undone},
    Mutant{"lock_is_a_dummy", "file", Where::lock_is_a_dummy},
};

}  // namespace

std::span<const Mutant> all_mutants() { return kMutants; }

}  // namespace tidegate::simulation
