#pragma once

#include <span>

#include "tidegate/database.h"
#include "tidegate/error.h"
#include "tidegate/gate.h"

namespace tidegate {

/// How the program ends. docs/exit-codes.md says the same for users.
enum class ExitCode : int {
  done = 0,              ///< done, or open
  failed = 1,            ///< in a way not below
  usage = 2,             ///< a flag, a URL, the config or the folder; nothing was sent to a server
  pending = 3,           ///< `status --check`: something needed isn't there
  timed_out = 4,         ///< the last state was named
  migration = 5,         ///< a migration failed
  unreachable = 6,       ///< the server or the database can't be reached
  blocked = 7,           ///< needs a person's decision
  not_executable = 126,  ///< the command after `--`, as shells have it
  not_found = 127,
};

/// 128 + n, as shells have it.
ExitCode ended_by_signal(int signal);

/// For an error that ended a command. An interruption's own code is `ended_by_signal`.
ExitCode exit_code_of(ErrorCode code);

/// For what `migrate` and `rollback` came to.
ExitCode exit_code_of(Outcome outcome);

enum class FailFast { no, yes };

/// For the last state that `wait` saw.
ExitCode exit_code_of_wait(Verdict verdict, FailFast fail_fast);

enum class Check { no, yes };

/// For what `status` saw.
ExitCode exit_code_of_status(Verdict verdict, Check check);

/// The one code of several databases: what a person has to hear of first. A decision that is asked
/// for beats a failure, which beats a server that can't be reached, which beats what time may mend.
ExitCode worst(std::span<const ExitCode> codes);

}  // namespace tidegate
