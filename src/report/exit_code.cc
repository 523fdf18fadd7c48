#include "report/exit_code.h"

namespace tidegate {
namespace {

int gravity(ExitCode code) {
  switch (code) {
    case ExitCode::done:
      return 0;
    case ExitCode::pending:
      return 1;
    case ExitCode::timed_out:
      return 2;
    case ExitCode::unreachable:
      return 3;
    case ExitCode::migration:
      return 4;
    case ExitCode::blocked:
      return 5;
    case ExitCode::failed:
      return 6;
    case ExitCode::usage:
      return 7;
    case ExitCode::not_executable:
    case ExitCode::not_found:
      return 8;
  }
  return 9;  // ended by a signal: nothing else was learnt
}

}  // namespace

ExitCode ended_by_signal(int signal) { return static_cast<ExitCode>(128 + signal); }

ExitCode exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage:
      return ExitCode::usage;
    case ErrorCode::unreachable:
    case ErrorCode::access_denied:
    case ErrorCode::no_database:
      return ExitCode::unreachable;
    case ErrorCode::lock_timeout:
    case ErrorCode::timed_out:
      return ExitCode::timed_out;
    // The gate calls these blocked as well: they stay until a person grants, renames or moves.
    case ErrorCode::no_permission:
    case ErrorCode::foreign_table:
    case ErrorCode::not_a_database:
    case ErrorCode::read_only:
    case ErrorCode::blocked:
      return ExitCode::blocked;
    case ErrorCode::no_table:
    case ErrorCode::disk_full:
    case ErrorCode::statement_failed:
    case ErrorCode::connection_lost:
    case ErrorCode::outcome_unknown:
    case ErrorCode::fenced:
    case ErrorCode::interrupted:
    case ErrorCode::internal:
      return ExitCode::failed;
  }
  return ExitCode::failed;
}

ExitCode exit_code_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
    case Outcome::nothing_to_do:
      return ExitCode::done;
    case Outcome::blocked:
      return ExitCode::blocked;
    case Outcome::failed:
      return ExitCode::migration;
    case Outcome::busy:
      return ExitCode::timed_out;
  }
  return ExitCode::failed;
}

ExitCode exit_code_of_wait(Verdict verdict, FailFast fail_fast) {
  if (is_open(verdict)) return ExitCode::done;
  if (verdict == Verdict::blocked || verdict == Verdict::too_old) return ExitCode::blocked;
  // Who asked to wait in spite of a failure has waited in vain.
  if (verdict == Verdict::failed && fail_fast == FailFast::yes) return ExitCode::migration;
  return ExitCode::timed_out;
}

ExitCode exit_code_of_status(Verdict verdict, Check check) {
  if (verdict == Verdict::unreachable || verdict == Verdict::no_database) {
    return ExitCode::unreachable;
  }
  if (check == Check::no || is_open(verdict)) return ExitCode::done;
  if (verdict == Verdict::blocked || verdict == Verdict::too_old) return ExitCode::blocked;
  return ExitCode::pending;
}

ExitCode worst(std::span<const ExitCode> codes) {
  ExitCode gravest = ExitCode::done;
  for (const ExitCode code : codes) {
    if (gravity(code) > gravity(gravest)) gravest = code;
  }
  return gravest;
}

}  // namespace tidegate
