#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "simulation/scheduler.h"
#include "tidegate/clock.h"

namespace tidegate::simulation {

/// What goes wrong, once: at the so-many-th time that a process talks to its server.
struct Fault {
  enum class Kind {
    kill,       ///< kill -9
    cut,        ///< the network: neither side hears anything more of the other
    freeze,     ///< the process isn't scheduled for a while
    terminate,  ///< the server ends this session
    stop,       ///< SIGTERM
    restart,    ///< the server restarts at once
  };
  enum class When { before_request, after_request };
  Kind kind = Kind::kill;
  std::size_t process = 0;
  std::size_t call = 0;  ///< counts from 0
  When when = When::before_request;
  std::chrono::milliseconds duration{0};  ///< of freezing, or until somebody notices
};

std::string to_string(const Fault& fault);

class Connection;

/// One client process: its clock, what befalls it, and its connections.
class Process {
 public:
  Process(Scheduler& scheduler, std::string name, std::size_t number,
          const std::vector<Fault>& faults, std::chrono::milliseconds clock_error);

  /// What this process takes for the time: never the server's.
  class OwnClock : public Clock {
   public:
    OwnClock(Process& process, std::chrono::milliseconds error)
        : process_(process), error_(error) {}
    TimePoint now() const override { return process_.scheduler().now() + error_; }
    void sleep_until(TimePoint until, std::stop_token stop) const override {
      process_.scheduler().wait(until - error_, [stop] { return stop.stop_requested(); });
    }
    Process& process() const { return process_; }

   private:
    Process& process_;
    std::chrono::milliseconds error_;
  };

  const std::string& name() const { return name_; }
  const Clock& clock() const { return clock_; }
  std::stop_token stop() const { return stop_.get_token(); }
  Scheduler& scheduler() { return scheduler_; }

  /// One of its threads: all are killed and frozen together.
  void runs_as(Task& task) { tasks_.push_back(&task); }
  bool stopped() const { return stop_.stop_requested(); }
  /// Whether nothing befell it that could keep it from its work.
  bool is_unharmed() const { return !harmed_; }
  bool is_touched() const { return touched_; }

  /// What befalls it at this point of the so-many-th call. Throws: Killed.
  void at_call(Fault::When when, const std::function<void(const Fault&)>& befall);
  void next_call() { ++call_; }

  /// Whether what it does now and then in the background is done.
  bool has_heart = true;
  /// Told when the process dies.
  std::vector<std::function<void()>> at_death;
  std::function<void(const std::string&)> tell;

 private:
  Scheduler& scheduler_;
  std::string name_;
  std::size_t number_;
  const std::vector<Fault>& faults_;
  OwnClock clock_;
  std::stop_source stop_;
  std::vector<Task*> tasks_;
  std::size_t call_ = 0;
  bool harmed_ = false;
  bool touched_ = false;
};

}  // namespace tidegate::simulation
