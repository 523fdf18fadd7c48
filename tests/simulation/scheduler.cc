#include "simulation/scheduler.h"

#include <algorithm>
#include <utility>

namespace tidegate::simulation {

namespace {

// What each step costs, so that nothing is done in no time.
constexpr std::chrono::milliseconds kStepCost{1};

}  // namespace

Task::Task(std::string name, Kind kind, std::function<void()> body)
    : name_(std::move(name)), kind_(kind), fiber_([run = std::move(body)] {
        try {
          run();
        } catch (const Killed&) {
          // Its end; what it held is let go on the way here.
        }
      }) {}

void Scheduler::finish() {
  ending_ = true;
  // Newest first: a session's servants come after the actor that may wait for them.
  for (std::size_t left = tasks_.size(); left > 0; --left) {
    Task& task = *tasks_[left - 1];
    current_ = &task;
    while (!task.done()) task.fiber_.resume();
  }
  alive_.clear();
  tasks_.clear();
  current_ = nullptr;
}

Task& Scheduler::spawn(std::string name, Task::Kind kind, std::function<void()> body) {
  tasks_.push_back(std::make_unique<Task>(std::move(name), kind, std::move(body)));
  alive_.push_back(tasks_.back().get());
  return *tasks_.back();
}

void Scheduler::end(Task& task) {
  Task* const before = current_;
  current_ = &task;
  task.kill();
  while (!task.done()) task.fiber_.resume();
  current_ = before;
  std::erase(alive_, &task);
}

bool Scheduler::can_run(const Task& task) const {
  if (task.done() || task.frozen_until_ > now_) return false;
  return !task.waiting_ || task.killed_ || task.until_ <= now_ || (task.ready_ && task.ready_());
}

Task* Scheduler::next() {
  std::vector<Task*> able;
  if (current_ != nullptr && can_run(*current_)) able.push_back(current_);
  for (Task* const task : alive_) {
    if (task != current_ && can_run(*task)) able.push_back(task);
  }
  if (able.empty()) return nullptr;
  return able[choices_.below(able.size(), able.front() == current_ ? one_in_ : 1)];
}

// Nobody can run now: on to the moment when somebody can.
bool Scheduler::advance(TimePoint limit) {
  TimePoint soonest = kNever;
  for (const Task* const task : alive_) {
    if (task->done()) continue;
    if (task->frozen_until_ > now_) {
      soonest = std::min(soonest, task->frozen_until_);
    } else if (task->waiting_) {
      soonest = std::min(soonest, task->until_);
    }
  }
  if (soonest == kNever || soonest > limit) return false;
  now_ = soonest;
  return true;
}

bool Scheduler::actors_left() const {
  return std::any_of(alive_.begin(), alive_.end(), [](const Task* task) {
    return task->kind_ == Task::Kind::actor && !task->done();
  });
}

Scheduler::End Scheduler::run(TimePoint limit, std::chrono::milliseconds afterwards) {
  bool actors = true;
  while (now_ <= limit) {
    if (actors && !actors_left()) {
      actors = false;
      limit = now_ + afterwards;
    }
    Task* const task = next();
    if (task == nullptr) {
      if (advance(limit)) continue;
      return actors ? End::stuck : End::all_done;
    }
    current_ = task;
    task->waiting_ = false;
    task->fiber_.resume();
    now_ += kStepCost;
    ++step_count_;
    if (after_step && !after_step()) return End::halted;
    if (task->done()) std::erase(alive_, task);
  }
  return actors ? End::out_of_time : End::all_done;
}

void Scheduler::hand_over() {
  // A dead process's destructors must not wait for anything.
  if (ending_ || current_->killed_) throw Killed();
  Fiber::pause();
  if (ending_ || current_->killed_) throw Killed();
}

void Scheduler::step() {
  current_->ready_ = nullptr;
  hand_over();
}

bool Scheduler::wait(TimePoint until, std::function<bool()> ready) {
  if (ready && ready()) return true;
  Task& self = *current_;
  self.ready_ = std::move(ready);
  self.until_ = until;
  self.waiting_ = true;
  hand_over();
  return self.ready_ && self.ready_();
}

}  // namespace tidegate::simulation
