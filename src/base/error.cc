#include "tidegate/error.h"

namespace tidegate {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage:
      return "usage";
    case ErrorCode::unreachable:
      return "unreachable";
    case ErrorCode::access_denied:
      return "access_denied";
    case ErrorCode::no_database:
      return "no_database";
    case ErrorCode::no_table:
      return "no_table";
    case ErrorCode::no_permission:
      return "no_permission";
    case ErrorCode::foreign_table:
      return "foreign_table";
    case ErrorCode::not_a_database:
      return "not_a_database";
    case ErrorCode::read_only:
      return "read_only";
    case ErrorCode::disk_full:
      return "disk_full";
    case ErrorCode::lock_timeout:
      return "lock_timeout";
    case ErrorCode::statement_failed:
      return "statement_failed";
    case ErrorCode::connection_lost:
      return "connection_lost";
    case ErrorCode::outcome_unknown:
      return "outcome_unknown";
    case ErrorCode::fenced:
      return "fenced";
    case ErrorCode::interrupted:
      return "interrupted";
    case ErrorCode::timed_out:
      return "timed_out";
    case ErrorCode::blocked:
      return "blocked";
    case ErrorCode::internal:
      return "internal";
  }
  return "internal";
}

bool Error::session_usable() const {
  return code != ErrorCode::connection_lost && code != ErrorCode::outcome_unknown &&
         code != ErrorCode::unreachable && code != ErrorCode::timed_out;
}

bool Error::may_pass() const {
  return code == ErrorCode::unreachable || code == ErrorCode::connection_lost ||
         code == ErrorCode::timed_out;
}

}  // namespace tidegate
