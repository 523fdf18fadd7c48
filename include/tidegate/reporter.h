#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tidegate/error.h"
#include "tidegate/gate.h"
#include "tidegate/lock.h"
#include "tidegate/migration.h"

namespace tidegate {

/// The server didn't let us in yet; another try follows.
struct ServerAwaited {
  Error error;
  std::chrono::milliseconds elapsed;
};
/// Another replica is at it; told at each look.
struct LockBusy {
  Holder holder;
  std::chrono::milliseconds elapsed;
};
struct LockTaken {
  std::chrono::milliseconds waited;
};
struct SchemaCreated {
  std::string schema;
};
/// There is work, and it is ours.
struct RunStarted {
  std::size_t step_count;
  Direction direction;
};
struct StepStarted {
  std::size_t index;  ///< counts from 0
  std::size_t step_count;
  Version version;
  std::string name;
  Direction direction;
  std::size_t statement_count;
};
struct StatementStarted {
  std::size_t step_index;
  std::size_t index;  ///< counts from 0
  std::size_t statement_count;
  Place place;
  std::string_view sql;  ///< lives during the call
};
struct StepDone {
  std::size_t index;
  std::size_t step_count;
  Version version;
  std::string name;
  Direction direction;
  std::chrono::microseconds duration;
};
struct StepFailed {
  Version version;
  std::string name;
  Direction direction;
  Error error;
};
/// A statement is tried again, since another session's lock was in the way.
struct StepRetried {
  Version version;
  std::string name;
  Error error;
  std::uint32_t attempt;
  std::chrono::milliseconds pause;
};
/// Nothing pending; another replica may have done it while we waited.
struct NothingToDo {
  std::size_t recorded_count;
  std::chrono::milliseconds waited;
  Direction direction;
};
struct RunDone {
  std::size_t step_count;
  std::chrono::milliseconds duration;
  Direction direction;
};
/// The gate is shut; told at each look.
struct GateShut {
  GateState state;
  std::chrono::milliseconds elapsed;
  bool ends_wait = false;  ///< the last look: time is over, or waiting would change nothing
};
struct GateOpened {
  GateState state;
  std::chrono::milliseconds elapsed;
};
struct Found {
  Finding finding;
};
struct ServerNotice {
  std::string_view severity;
  std::string_view message;
};
/// One command works on many schemas or databases: how many of them are ready, told after each.
struct TargetsProgress {
  std::size_t done_count;
  std::size_t total_count;
  /// Of those done: where this replica applied or reverted something; nothing where it only waits.
  std::optional<std::size_t> changed_count;
  std::chrono::milliseconds elapsed;
};
/// What ended a command, said once.
struct Ended {
  Error error;
};

/// Something that happened, on one database (and schema).
struct Event {
  std::string_view target;  ///< the database without its password; empty when there is one only
  std::variant<ServerAwaited, LockBusy, LockTaken, SchemaCreated, RunStarted, StepStarted,
               StatementStarted, StepDone, StepFailed, StepRetried, NothingToDo, RunDone, GateShut,
               GateOpened, Found, ServerNotice, TargetsProgress, Ended>
      what;
};

/// Listens to what happens. There is no other log.
///
/// Threads: may be called from several threads; calls don't overlap with themselves.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void report(const Event& event) = 0;
};

}  // namespace tidegate
