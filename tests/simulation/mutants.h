#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "simulation/process.h"

namespace tidegate::simulation {

struct Story;

/// A protocol step that is left out, to see that the simulation notices.
struct Mutant {
  enum class Where {
    sql,                       ///< `from` becomes `to`
    alone_is_not_fenced,       ///< a statement outside a transaction goes without its guards
    no_second_look,            ///< the plan made without the lock is applied under it
    lock_is_let_go_early,      ///< before the work instead of after it
    lock_is_a_dummy,           ///< everybody gets it
    record_comes_later,        ///< in a transaction of its own
    gate_trusts_the_end,       ///< a run has ended, so all must be there
    interrupted_means_undone,  ///< nobody looks what became of an interrupted statement
    wrong_protocol,            ///< `from`, where it can't be relied on
    never_idle,                ///< the server doesn't end a silent migrator's session
    no_heartbeat,              ///< nobody shows that the holder lives
    pieces_without_proof,      ///< what is behind a Sync is executed whatever was before
    settings_come_apart,       ///< a burst may end between RESET ALL and our own settings
  };
  std::string_view name;
  std::string_view protocol;
  Where where;
  std::string_view from = {};  ///< replaced in all that is sent, wherever the step is
  std::string_view to = {};
  std::optional<Fault::Kind> fault = std::nullopt;  ///< without which nobody can notice
  std::uint64_t first_seed = 1;  ///< where the search begins; few stories tell some of them

  bool may_be_told_by(const Story& story) const;
};

std::span<const Mutant> all_mutants();

}  // namespace tidegate::simulation
