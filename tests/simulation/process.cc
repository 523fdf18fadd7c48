#include "simulation/process.h"

#include <fmt/format.h>

#include <utility>

namespace tidegate::simulation {

std::string to_string(const Fault& fault) {
  static constexpr const char* kNames[] = {"kill", "cut", "freeze", "terminate", "stop", "restart"};
  return fmt::format("{} of process {} {} its request {}, {} s",
                     kNames[static_cast<std::size_t>(fault.kind)], fault.process,
                     fault.when == Fault::When::before_request ? "before" : "after", fault.call,
                     static_cast<double>(fault.duration.count()) / 1000);
}

Process::Process(Scheduler& scheduler, std::string name, std::size_t number,
                 const std::vector<Fault>& faults, std::chrono::milliseconds clock_error)
    : scheduler_(scheduler),
      name_(std::move(name)),
      number_(number),
      faults_(faults),
      clock_(*this, clock_error) {}

void Process::at_call(Fault::When when, const std::function<void(const Fault&)>& befall) {
  for (const Fault& fault : faults_) {
    if (fault.process != number_ || fault.call != call_ || fault.when != when) continue;
    if (tell) tell(name_ + ": " + to_string(fault));
    touched_ = true;
    harmed_ = harmed_ || fault.kind == Fault::Kind::kill || fault.kind == Fault::Kind::stop ||
              fault.kind == Fault::Kind::freeze;
    switch (fault.kind) {
      case Fault::Kind::kill:
        for (Task* const task : tasks_) task->kill();
        for (const auto& died : at_death) died();
        throw Killed();
      case Fault::Kind::freeze:
        for (Task* const task : tasks_) task->freeze_until(scheduler_.now() + fault.duration);
        scheduler_.step();
        break;
      case Fault::Kind::stop:
        stop_.request_stop();
        break;
      default:
        befall(fault);
    }
  }
}

}  // namespace tidegate::simulation
