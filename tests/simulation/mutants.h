#pragma once

#include <span>
#include <string_view>

namespace tidegate::simulation {

/// A protocol step that is left out, to see that the simulation notices.
struct Mutant {
  enum class Where {
    sql,                       ///< `from` becomes `to` in whatever is sent to the server
    no_second_look,            ///< the plan made without the lock is applied under it
    lock_is_let_go_early,      ///< before the work instead of after it
    lock_is_a_dummy,           ///< everybody gets it
    record_comes_later,        ///< in a transaction of its own
    gate_trusts_the_end,       ///< a run has ended, so all must be there
    interrupted_means_undone,  ///< nobody looks what became of an interrupted statement
    wrong_protocol,            ///< `from`, where it can't be relied on
    never_idle,                ///< the server doesn't end a silent migrator's session
  };
  std::string_view name;
  std::string_view protocol;
  Where where;
  std::string_view from = {};
  std::string_view to = {};
};

std::span<const Mutant> all_mutants();

}  // namespace tidegate::simulation
