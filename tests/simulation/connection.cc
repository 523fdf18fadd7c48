#include "simulation/connection.h"

#include <algorithm>
#include <utility>

namespace tidegate::simulation {

namespace {

using std::chrono::milliseconds;

// Somebody who asks to be stopped asks again, since between two statements nobody listens.
constexpr milliseconds kAskAgain{50};

// The first FATAL error ends a session.
bool ends_session(const std::string& sqlstate) {
  return sqlstate == "57P01" || sqlstate == "08006" || sqlstate == "25P03" || sqlstate == "57P05";
}

milliseconds until_on(const Clock& clock, TimePoint until) {
  if (until == kNever) return std::chrono::hours(10'000);
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(until - clock.now()));
}

}  // namespace

Connection::Connection(Host& host, Pool* pool, Process& process)
    : host_(host), process_(process), wire_(std::make_shared<Wire>()) {
  const auto befalls = [this](const Fault& fault) { befall(fault); };
  wire_->client = process_.name();
  wire_->pool = pool;
  process_.at_call(Fault::When::before_request, befalls);
  host_.scheduler().step();
  if (!host_.is_up() || cut_) {
    process_.next_call();
    throw Error(ErrorCode::unreachable, "connection refused");
  }
  if (pool == nullptr) {
    wire_->backend = std::make_unique<Backend>(host_, process_.name());
    wire_->pid = wire_->backend->pid();
  }
  // The kernel closes the sockets of the dead.
  process_.at_death.push_back([wire = std::weak_ptr(wire_), &scheduler = host_.scheduler()] {
    if (const auto alive = wire.lock()) alive->client_gone_at = scheduler.now();
  });
  host_.scheduler().spawn("server for " + process_.name(), Task::Kind::servant,
                          [&the_host = host_, wire = wire_] { serve(the_host, wire); });
  process_.at_call(Fault::When::after_request, befalls);
  process_.next_call();
}

Connection::~Connection() {
  wire_->client_gone_at = std::min(wire_->client_gone_at, host_.scheduler().now());
}

void Connection::limit_to(TimePoint deadline, std::stop_token stop) {
  deadline_ = deadline;
  stop_ = std::move(stop);
}

void Connection::befall(const Fault& fault) {
  const TimePoint now = host_.scheduler().now();
  switch (fault.kind) {
    case Fault::Kind::cut:
      cut_ = true;
      cut_until_ = now + fault.duration;
      wire_->client_gone_at = std::min(wire_->client_gone_at, now + fault.duration);
      break;
    case Fault::Kind::terminate:
      if (wire_->backend) wire_->backend->terminated = true;
      break;
    case Fault::Kind::restart:
      host_.restart(now + fault.duration);
      break;
    default:
      break;
  }
}

// The server's process: one statement after the other, and between two of them whoever else.
void Connection::serve(Host& host, const std::shared_ptr<Wire>& wire) {
  bool skipping = false;
  try {
    // What had arrived is worked through even when the client is gone.
    while (wait_for_work(host, *wire)) {
      if (!take_backend(host, *wire)) break;
      host.scheduler().step();
      if (!answer_one(host, *wire, skipping)) break;
      leave_backend(*wire);
    }
  } catch (const Killed&) {
    // The end of the world.
  }
  if (wire->backend) {
    wire->backend->client_is_gone = nullptr;
    if (wire->pool != nullptr) {
      wire->pool->close(std::move(wire->backend));
    } else {
      wire->backend->end();
    }
  }
  wire->closed_by_server = true;
}

bool Connection::wait_for_work(Host& host, Wire& wire) {
  Scheduler& scheduler = host.scheduler();
  milliseconds idle_limit{0};
  bool in_transaction = false;
  if (wire.backend) {
    in_transaction = wire.backend->transaction().explicitly_begun;
    idle_limit = wire.backend->time_setting(in_transaction ? "idle_in_transaction_session_timeout"
                                                           : "idle_session_timeout");
  }
  if (wire.backend && wire.to_server.empty()) wire.backend->cancel_requested = false;
  const TimePoint idle_until = idle_limit.count() > 0 ? scheduler.now() + idle_limit : kNever;
  const auto over = [&] { return wire.backend && wire.backend->terminated; };
  const auto gone = [&] { return scheduler.now() >= wire.client_gone_at; };
  const bool called = scheduler.wait(std::min(idle_until, wire.client_gone_at),
                                     [&] { return !wire.to_server.empty() || over() || gone(); });
  if (over()) {
    wire.last_sqlstate = "57P01";
  } else if (!called && !gone()) {
    wire.last_sqlstate = in_transaction ? "25P03" : "57P05";
  }
  return !over() && !wire.to_server.empty();
}

bool Connection::take_backend(Host& host, Wire& wire) {
  Scheduler& scheduler = host.scheduler();
  const auto gone = [&] { return scheduler.now() >= wire.client_gone_at; };
  if (!wire.backend) {
    if (!host.is_up()) scheduler.wait(host.back_at(), nullptr);
    scheduler.wait(wire.client_gone_at, [&] { return wire.pool->has_free() || gone(); });
    // A pooler forgets what it had not handed on.
    if (gone() || !wire.pool->has_free()) return false;
    wire.backend = wire.pool->take(wire.client);
  }
  // While it executes, it looks after its client now and then, if it was told to.
  Backend& backend = *wire.backend;
  backend.client_is_gone = [&backend, &wire, &scheduler] {
    const auto interval = backend.time_setting("client_connection_check_interval");
    return interval.count() > 0 && scheduler.now() - interval >= wire.client_gone_at;
  };
  return true;
}

void Connection::leave_backend(Wire& wire) {
  if (wire.pool == nullptr || !wire.backend || wire.backend->transaction().explicitly_begun) return;
  // Up to the Sync a burst is one transaction to a pooler.
  if (!wire.to_client.empty() && !wire.to_client.back().is_sync) return;
  wire.backend->client_is_gone = nullptr;
  wire.backend->cancel_requested = false;
  wire.pool->give_back(std::move(wire.backend));
}

bool Connection::answer_one(Host& host, Wire& wire, bool& skipping) {
  const Request request = std::move(wire.to_server.front());
  wire.to_server.pop_front();
  Reply reply;
  reply.is_sync = request.sql.empty();
  reply.skipped = skipping && !reply.is_sync;
  wire.backend->in_burst = !reply.is_sync;
  if (reply.is_sync) skipping = false;
  if (!reply.is_sync && !reply.skipped) {
    if (host.tell) host.tell("  " + wire.client + " < " + request.sql);
    try {
      reply.rows = wire.backend->execute(request.sql, request.parameters);
    } catch (const SqlError& error) {
      if (host.tell) host.tell("  " + wire.client + " ! " + error.message);
      if (ends_session(error.sqlstate)) {
        wire.last_sqlstate = error.sqlstate;
        return false;
      }
      reply.error = error;
      skipping = true;
    }
  }
  wire.to_client.push_back(std::move(reply));
  return true;
}

bool Connection::hears_nothing() const {
  if (cut_) return host_.scheduler().now() >= cut_until_;
  return wire_->closed_by_server && wire_->to_client.empty();
}

bool Connection::has_news() const {
  return !cut_ && wire_->backend && !wire_->backend->news.empty();
}

void Connection::send(std::vector<Request> requests) {
  if (stop_.stop_requested()) throw Error(ErrorCode::interrupted, "stopped on request");
  ended_by_.reset();
  const auto befalls = [this](const Fault& fault) { befall(fault); };
  process_.at_call(Fault::When::before_request, befalls);
  // Between handing it over and its arrival others may be faster.
  host_.scheduler().step();
  if (!cut_ && !wire_->closed_by_server) {
    for (Request& request : requests) wire_->to_server.push_back(std::move(request));
  }
  process_.at_call(Fault::When::after_request, befalls);
  process_.next_call();
}

std::optional<Reply> Connection::receive() {
  Scheduler& scheduler = host_.scheduler();
  while (!lost_) {
    if (!cut_ && !wire_->to_client.empty()) {
      Reply reply = std::move(wire_->to_client.front());
      wire_->to_client.pop_front();
      return reply;
    }
    if (hears_nothing()) break;
    const bool asked_to_stop = stop_.stop_requested();
    if (asked_to_stop || process_.clock().now() >= deadline_) {
      ended_by_ = asked_to_stop ? ErrorCode::interrupted : ErrorCode::timed_out;
      // The request to cancel goes by another connection. It meets whatever the server is at by
      // then, and nothing when that waits for its client.
      if (!cut_ && wire_->backend) {
        wire_->backend->cancel_requested = wire_->backend->busy || !wire_->to_server.empty();
      }
      if (!asked_to_stop) break;
    }
    const TimePoint look_again =
        scheduler.now() + (asked_to_stop ? kAskAgain : until_on(process_.clock(), deadline_));
    scheduler.wait(std::min(cut_ ? cut_until_ : kNever, look_again), [this, asked_to_stop] {
      return (!cut_ && !wire_->to_client.empty()) || hears_nothing() ||
             (!asked_to_stop && stop_.stop_requested());
    });
  }
  lost_ = true;
  return std::nullopt;
}

std::vector<News> Connection::wait_for_news(TimePoint until) {
  Scheduler& scheduler = host_.scheduler();
  process_.at_call(Fault::When::before_request, [this](const Fault& fault) { befall(fault); });
  const auto left = until_on(process_.clock(), std::min(until, deadline_));
  scheduler.wait(scheduler.now() + left,
                 [this] { return has_news() || hears_nothing() || stop_.stop_requested(); });
  process_.next_call();
  if (has_news()) return std::exchange(wire_->backend->news, {});
  if (hears_nothing()) {
    lost_ = true;
    throw Error(ErrorCode::connection_lost, "the connection is gone");
  }
  return {};
}

}  // namespace tidegate::simulation
