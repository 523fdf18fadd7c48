#include "simulation/mutants.h"

#include <algorithm>
#include <array>

#include "simulation/story.h"

namespace tidegate::simulation {

namespace {

using Where = Mutant::Where;

// What the steps that are SQL look like at the server.
constexpr std::string_view kSessionGuard = "WHEN (pg_catalog.pg_try_advisory_lock('";
constexpr std::string_view kEpochGuard = "FOR UPDATE), false)";
constexpr std::string_view kLeaseIsLive = "NOT EXISTS (SELECT 1 FROM";
constexpr std::string_view kRunOut = "interval '1 millisecond'";
constexpr std::string_view kOurSessions = "application_name LIKE 'tidegate %' AND (state";
constexpr std::string_view kGuardIdle = "idle_in_transaction_session_timeout";

constexpr std::array kMutants{
    Mutant{"no_second_look", "session", Where::no_second_look},
    Mutant{"lock_is_let_go_early", "session", Where::lock_is_let_go_early},
    Mutant{"lock_is_a_dummy", "session", Where::lock_is_a_dummy},
    Mutant{"record_comes_later", "session", Where::record_comes_later},
    Mutant{"gate_trusts_the_end", "session", Where::gate_trusts_the_end},
    Mutant{"interrupted_means_undone", "session", Where::interrupted_means_undone},
    Mutant{"never_idle", "session", Where::never_idle},
    Mutant{"pieces_without_proof", "session", Where::pieces_without_proof, "", "",
           Fault::Kind::stop},
    Mutant{"settings_come_apart", "session", Where::settings_come_apart, "", "",
           Fault::Kind::freeze, 8'300},
    Mutant{"no_guard", "session", Where::sql, kSessionGuard, "WHEN (hashtextextended('"},
    Mutant{"journal_is_not_read", "session", Where::sql, "ORDER BY version, statement",
           "WHERE state <> 'started' ORDER BY version, statement"},

    Mutant{"no_second_look", "transaction", Where::no_second_look},
    Mutant{"lock_is_a_dummy", "transaction", Where::lock_is_a_dummy},
    Mutant{"record_comes_later", "transaction", Where::record_comes_later},
    Mutant{"session_s_lock", "transaction", Where::wrong_protocol, "session"},
    Mutant{"no_epoch_check", "transaction", Where::sql, kEpochGuard, "), false) OR true"},
    Mutant{"epoch_is_not_locked", "transaction", Where::sql, kEpochGuard, "), false)", std::nullopt,
           600},
    Mutant{"epoch_is_not_raised", "transaction", Where::sql, "SET epoch = $1, holder",
           "SET holder"},
    Mutant{"never_idle", "transaction", Where::never_idle, kGuardIdle, "lock_timeout"},
    Mutant{"guard_is_not_pinged", "transaction", Where::no_heartbeat},
    Mutant{"alone_is_not_fenced", "transaction", Where::alone_is_not_fenced, "", "",
           Fault::Kind::freeze},
    Mutant{"former_holder_is_not_ended", "transaction", Where::sql, kOurSessions,
           "application_name LIKE 'nobody %' AND (state"},
    Mutant{"journal_is_not_read", "transaction", Where::sql, "ORDER BY version, statement",
           "WHERE state <> 'started' ORDER BY version, statement"},

    Mutant{"no_second_look", "lease", Where::no_second_look},
    Mutant{"lock_is_a_dummy", "lease", Where::lock_is_a_dummy},
    Mutant{"record_comes_later", "lease", Where::record_comes_later},
    Mutant{"session_s_lock", "lease", Where::wrong_protocol, "session"},
    Mutant{"no_epoch_check", "lease", Where::sql, kEpochGuard, "), false) OR true"},
    Mutant{"epoch_is_not_locked", "lease", Where::sql, kEpochGuard, "), false)"},
    Mutant{"epoch_is_not_raised", "lease", Where::sql, "SET epoch = $1, holder", "SET holder"},
    Mutant{"taken_while_live", "lease", Where::sql, kLeaseIsLive,
           "NOT EXISTS (SELECT 1 FROM nowhere WHERE false) OR NOT EXISTS (SELECT 1 FROM"},
    Mutant{"never_runs_out", "lease", Where::sql, kRunOut, "interval '1 hour'"},
    Mutant{"not_renewed", "lease", Where::no_heartbeat},
    Mutant{"alone_is_not_fenced", "lease", Where::alone_is_not_fenced, "", "", Fault::Kind::freeze},
    Mutant{"former_holder_is_not_ended", "lease", Where::sql, kOurSessions,
           "application_name LIKE 'nobody %' AND (state"},

    Mutant{"no_second_look", "file", Where::no_second_look},
    Mutant{"lock_is_let_go_early", "file", Where::lock_is_let_go_early},
    Mutant{"lock_is_a_dummy", "file", Where::lock_is_a_dummy},
    Mutant{"record_comes_later", "file", Where::record_comes_later},
    Mutant{"gate_trusts_the_end", "file", Where::gate_trusts_the_end},
};

}  // namespace

std::span<const Mutant> all_mutants() { return kMutants; }

bool Mutant::may_be_told_by(const Story& story) const {
  return !fault || std::any_of(story.faults.begin(), story.faults.end(),
                               [this](const Fault& each) { return each.kind == *fault; });
}

}  // namespace tidegate::simulation
