#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "simulation/choices.h"
#include "simulation/fiber.h"
#include "tidegate/clock.h"

namespace tidegate::simulation {

/// Thrown through a task whose process was killed, or at the end of the world. Not a
/// std::exception, so that nothing but `catch (...)` takes it for something else.
struct Killed {};

/// One process: a client, or the server's process behind a connection.
class Task {
 public:
  enum class Kind { actor, servant };  ///< the world ends when no actor is left

  Task(std::string name, Kind kind, std::function<void()> body);

  const std::string& name() const { return name_; }
  bool done() const { return fiber_.done(); }
  bool killed() const { return killed_; }
  void kill() { killed_ = true; }
  void freeze_until(TimePoint until) { frozen_until_ = until; }

 private:
  friend class Scheduler;
  std::string name_;
  Kind kind_;
  bool killed_ = false;
  bool waiting_ = false;
  std::function<bool()> ready_;
  TimePoint until_ = kNever;
  TimePoint frozen_until_ = TimePoint();
  Fiber fiber_;
};

/// Whose turn it is, and what time. One task runs at a time, and hands over only where it says so.
class Scheduler {
 public:
  /// `one_in` is how seldom a task is interrupted that could go on.
  Scheduler(Choices& choices, unsigned one_in) : choices_(choices), one_in_(one_in) {}
  ~Scheduler() { finish(); }
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  Task& spawn(std::string name, Task::Kind kind, std::function<void()> body);

  /// `stuck`: nobody can ever run again, or not before the limit.
  enum class End { all_done, stuck, out_of_time, halted };
  /// Runs until all actors are done and the servants have had `afterwards` to end what they do.
  End run(TimePoint limit, std::chrono::milliseconds afterwards);

  TimePoint now() const { return now_; }
  Task& current() { return *current_; }
  std::size_t step_count() const { return step_count_; }

  /// Within a task: others may run now. Throws: Killed.
  void step();
  /// Within a task: waits until `ready` or `until`; whether it was `ready`. Throws: Killed.
  bool wait(TimePoint until, std::function<bool()> ready);

  /// Called after each step of any task; the world ends when it says no.
  std::function<bool()> after_step;

  /// Ends another task where it stands, before this call returns.
  void end(Task& task);

  /// Ends every task where it stands, and forgets them all.
  void finish();

 private:
  bool can_run(const Task& task) const;
  Task* next();
  bool advance(TimePoint limit);
  bool actors_left() const;
  void hand_over();

  Choices& choices_;
  unsigned one_in_;
  TimePoint now_ = TimePoint() + std::chrono::hours(1);
  std::vector<std::unique_ptr<Task>> tasks_;  ///< kept to the end: others know them by address
  std::vector<Task*> alive_;
  Task* current_ = nullptr;
  std::size_t step_count_ = 0;
  bool ending_ = false;
};

}  // namespace tidegate::simulation
