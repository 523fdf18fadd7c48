#include "simulation/connection.h"

#include <algorithm>
#include <utility>

namespace tidegate::simulation {

namespace {

// How long the server lets a statement run whose client is gone (client_connection_check_interval).
constexpr std::chrono::milliseconds kCheckInterval{500};

}  // namespace

Connection::Connection(Server& server, Process& process) : server_(server), process_(process) {
  process_.at_call(Fault::When::before_request, [this](const Fault& fault) { befall(fault); });
  server_.scheduler().step();
  if (!server_.is_up() || cut_) {
    process_.next_call();
    throw Error(ErrorCode::unreachable, "connection refused");
  }
  wire_ = std::make_shared<Wire>(server_, process_.name());
  process_.at_death.push_back([wire = std::weak_ptr(wire_), this_server = &server_] {
    // The kernel closes the sockets of the dead.
    if (const auto alive = wire.lock()) alive->client_gone_at = this_server->scheduler().now();
  });
  server_.scheduler().spawn("server for " + process_.name(), Task::Kind::servant,
                            [wire = wire_] { serve(wire); });
  process_.at_call(Fault::When::after_request, [this](const Fault& fault) { befall(fault); });
  process_.next_call();
}

Connection::~Connection() {
  wire_->client_gone_at = std::min(wire_->client_gone_at, server_.scheduler().now());
}

void Connection::limit_to(TimePoint deadline, std::stop_token stop) {
  deadline_ = deadline;
  stop_ = std::move(stop);
}

void Connection::befall(const Fault& fault) {
  const TimePoint now = server_.scheduler().now();
  switch (fault.kind) {
    case Fault::Kind::cut:
      cut_ = true;
      cut_until_ = now + fault.duration;
      if (wire_) wire_->client_gone_at = std::min(wire_->client_gone_at, now + fault.duration);
      break;
    case Fault::Kind::terminate:
      if (wire_) wire_->backend.terminated = true;
      break;
    case Fault::Kind::restart:
      server_.restart(now + fault.duration);
      break;
    default:
      break;
  }
}

// The server's process: one statement after the other, and between two of them whoever else.
void Connection::serve(const std::shared_ptr<Wire>& wire) {
  Backend& backend = wire->backend;
  Scheduler& scheduler = backend.server().scheduler();
  const auto gone = [&] { return scheduler.now() >= wire->client_gone_at; };
  // While it executes, it looks after its client now and then only.
  backend.client_is_gone = [&] { return scheduler.now() - kCheckInterval >= wire->client_gone_at; };
  bool skipping = false;
  try {
    while (true) {
      const TimePoint idle_until =
          wire->idle_limit.count() > 0 ? scheduler.now() + wire->idle_limit : kNever;
      const bool called = scheduler.wait(std::min(idle_until, wire->client_gone_at), [&] {
        return !wire->to_server.empty() || backend.terminated || gone();
      });
      if (backend.terminated) wire->last_sqlstate = "57P01";
      if (!called && !gone()) wire->last_sqlstate = "57P05";
      // What had arrived is worked through even when the client is gone.
      if (backend.terminated || wire->to_server.empty()) break;
      scheduler.step();
      if (!answer_one(*wire, skipping)) break;
    }
  } catch (const Killed&) {
    // The end of the world.
  }
  backend.end();
  backend.client_is_gone = nullptr;
  wire->closed_by_server = true;
}

bool Connection::answer_one(Wire& wire, bool& skipping) {
  const Request request = std::move(wire.to_server.front());
  wire.to_server.pop_front();
  Reply reply;
  reply.is_sync = request.sql.empty();
  reply.skipped = skipping && !reply.is_sync;
  if (reply.is_sync) skipping = false;
  if (!reply.is_sync && !reply.skipped) {
    Server& server = wire.backend.server();
    if (server.tell) server.tell("  " + wire.backend.client() + " < " + request.sql);
    try {
      reply.rows = wire.backend.execute(request.sql, request.parameters);
    } catch (const SqlError& error) {
      if (server.tell) server.tell("  " + wire.backend.client() + " ! " + error.message);
      if (error.sqlstate == "57P01" || error.sqlstate.starts_with("08006")) {
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
  const TimePoint now = server_.scheduler().now();
  if (cut_) return now >= cut_until_;
  return wire_->closed_by_server && wire_->to_client.empty();
}

void Connection::send(std::vector<Request> requests) {
  if (stop_.stop_requested()) throw Error(ErrorCode::interrupted, "stopped on request");
  ended_by_.reset();
  process_.at_call(Fault::When::before_request, [this](const Fault& fault) { befall(fault); });
  // Between handing it over and its arrival others may be faster.
  server_.scheduler().step();
  if (!cut_ && !wire_->closed_by_server) {
    for (Request& request : requests) wire_->to_server.push_back(std::move(request));
    wire_->to_server.emplace_back();
  }
  process_.at_call(Fault::When::after_request, [this](const Fault& fault) { befall(fault); });
  process_.next_call();
}

std::optional<Reply> Connection::receive() {
  Scheduler& scheduler = server_.scheduler();
  while (!lost_) {
    const bool answered = !cut_ && !wire_->to_client.empty();
    if (answered) {
      Reply reply = std::move(wire_->to_client.front());
      wire_->to_client.pop_front();
      return reply;
    }
    if (hears_nothing()) break;
    const bool asked_to_stop = stop_.stop_requested();
    if (asked_to_stop || process_.clock().now() >= deadline_) {
      ended_by_ = asked_to_stop ? ErrorCode::interrupted : ErrorCode::timed_out;
      // The request to cancel goes by another connection, which may be cut too.
      if (!cut_) wire_->backend.cancel_requested = wire_->backend.busy;
      if (!asked_to_stop) break;
    }
    const TimePoint until = cut_ ? cut_until_ : kNever;
    // The deadline is one of the client's own clock.
    const auto left =
        deadline_ == kNever ? std::chrono::hours(10'000) : deadline_ - process_.clock().now();
    const TimePoint look_again =
        scheduler.now() + (asked_to_stop ? std::chrono::milliseconds(50)
                                         : std::chrono::ceil<std::chrono::milliseconds>(left));
    scheduler.wait(std::min(until, look_again), [this, asked_to_stop] {
      return (!cut_ && !wire_->to_client.empty()) || hears_nothing() ||
             (!asked_to_stop && stop_.stop_requested());
    });
  }
  lost_ = true;
  return std::nullopt;
}

std::vector<News> Connection::wait_for_news(TimePoint until) {
  Scheduler& scheduler = server_.scheduler();
  until = std::min(until, deadline_);
  const auto left = until == kNever ? std::chrono::hours(10'000) : until - process_.clock().now();
  process_.at_call(Fault::When::before_request, [this](const Fault& fault) { befall(fault); });
  scheduler.wait(scheduler.now() + std::chrono::ceil<std::chrono::milliseconds>(left), [this] {
    return (!cut_ && !wire_->backend.news.empty()) || hears_nothing() || stop_.stop_requested();
  });
  process_.next_call();
  if (!cut_ && !wire_->backend.news.empty()) return std::exchange(wire_->backend.news, {});
  if (hears_nothing()) {
    lost_ = true;
    throw Error(ErrorCode::connection_lost, "the connection is gone");
  }
  return {};
}

}  // namespace tidegate::simulation
