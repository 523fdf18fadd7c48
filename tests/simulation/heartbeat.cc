// Takes the place of src/lock/heartbeat.cc when the simulation is linked: the thread becomes a task
// of the process whose clock the heart beats by, so that its order of events is the story's too.

#include "lock/heartbeat.h"

#include <map>
#include <stop_token>
#include <utility>

#include "simulation/process.h"
#include "tidegate/error.h"

namespace tidegate {

namespace {

using simulation::Killed;
using simulation::Process;
using simulation::Scheduler;
using simulation::Task;

struct Beating {
  Scheduler* scheduler;
  Task* task;
  std::stop_source stop;
};

std::map<const Heartbeat*, Beating>& all_beating() {
  static std::map<const Heartbeat*, Beating> all;
  return all;
}

}  // namespace

Heartbeat::Heartbeat(const Clock& clock, std::chrono::milliseconds interval,
                     std::function<void(const std::string& progress)> beat)
    : clock_(clock), interval_(interval), beat_(std::move(beat)) {
  Process& process = dynamic_cast<const Process::OwnClock&>(clock).process();
  Beating& beating = all_beating()[this];
  beating.scheduler = &process.scheduler();
  if (!process.has_heart) beating.stop.request_stop();
  beating.task = &process.scheduler().spawn(process.name() + "'s heart", Task::Kind::servant,
                                            [this, stop = beating.stop.get_token()] { run(stop); });
  process.runs_as(*beating.task);
}

Heartbeat::~Heartbeat() {
  const auto found = all_beating().find(this);
  Beating beating = found->second;
  all_beating().erase(found);
  beating.stop.request_stop();
  try {
    beating.scheduler->wait(kNever, [&] { return beating.task->done(); });
  } catch (const Killed&) {
    // The process dies, and its threads with it.
    beating.scheduler->end(*beating.task);
  }
}

void Heartbeat::tell(std::string progress) { progress_ = std::move(progress); }

void Heartbeat::run(const std::stop_token& stop) {
  while (true) {
    clock_.sleep_until(clock_.now() + interval_, stop);
    if (stop.stop_requested()) return;
    try {
      beat_(progress_);
    } catch (const Error&) {
      return;
    }
  }
}

}  // namespace tidegate
