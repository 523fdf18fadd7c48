#include "run/watched_run.h"

namespace tidegate {

WatchedRun::WatchedRun(const History& history) {
  if (!history.last_run) return;
  const Run& run = *history.last_run;
  last_ended_id_ = run.state == RunState::running ? run.id - 1 : run.id;
}

const Run* WatchedRun::failure_in(const History& history) const {
  if (!history.last_run) return nullptr;
  const Run& run = *history.last_run;
  return run.state == RunState::failed && run.id > last_ended_id_ ? &run : nullptr;
}

}  // namespace tidegate
