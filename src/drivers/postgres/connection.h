#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "drivers/postgres/cancel.h"
#include "drivers/postgres/errors.h"
#include "drivers/postgres/url.h"
#include "base/wakeup.h"
#include "tidegate/clock.h"
#include "tidegate/driver.h"
#include "tidegate/session.h"

namespace tidegate::postgres {

/// One libpq connection whose every wait ends at a deadline or a stop.
///
/// A request goes: `begin_request`, PQsend… on `handle()`, `next_result` until it has nothing
/// more, `end_request`. When the stop or the deadline comes in between, the server is asked to
/// cancel, and asked again, until it has answered or the grace is over; `ended_by()` then says why.
///
/// Threads: one at a time.
class Connection {
 public:
  /// Connects. Looking up a host name may block longer than the deadline: libpq asks the system's
  /// resolver, which can't be interrupted.
  ///
  /// Throws: Error{unreachable, access_denied, no_database, interrupted, usage}.
  Connection(const ConnectionSettings& settings, const ConnectOptions& options);

  PGconn* handle() const { return connection_.get(); }
  bool lost() const { return PQstatus(handle()) != CONNECTION_OK; }

  void limit_to(TimePoint deadline, std::stop_token stop);
  TimePoint deadline() const { return deadline_; }
  bool stop_requested() const { return wakeup_->stop_requested(); }

  /// How long the server gets to answer a cancel.
  struct Grace {
    std::chrono::milliseconds after_stop;
    std::chrono::milliseconds after_deadline;
  };

  /// Throws: Error{connection_lost, interrupted, timed_out}: then nothing may be sent.
  void begin_request(Grace grace);

  /// The next result of what was sent, or null at the end of one statement's results. After the
  /// connection is lost, or the grace is over, `lost()` is true.
  ResultPtr next_result();

  /// Sends what libpq holds back; reads meanwhile, so that neither side waits for the other.
  void send_all();
  /// Waits for something to read, within the request's limits.
  void await_input() { exchange(); }

  /// Waits for a cancel that is on its way: it must not hit the next request.
  void end_request();

  /// Why the running request was cancelled: interrupted or timed_out; nothing if it wasn't.
  std::optional<ErrorCode> ended_by() const { return ended_by_; }

  /// Ends an open transaction, whether or not a stop was requested; drops a connection that
  /// doesn't answer within a second.
  void roll_back();

  /// What libpq said when the connection was lost.
  const std::string& last_words() const { return last_words_; }

  /// The SQLSTATE with which the server ended the session while nothing was asked of it; empty if
  /// it didn't. Whatever was sent since has not been executed.
  const std::string& ended_idle_with() const { return ended_idle_with_; }

  enum class Interest { read, read_and_write };
  enum class Wake { socket, time, stop };
  /// Waits for the socket, `until`, or the stop.
  Wake wait(Interest interest, TimePoint until) const;

  /// Who hears the server's notices; null for nobody.
  void set_listener(TransactionListener* listener) { listener_ = listener; }

  /// Drops the connection for good; the server then rolls back what wasn't committed.
  void drop();

 private:
  void connect(const ConnectionSettings& settings, const ConnectOptions& options);
  void exchange();
  void read_input();
  void end_now(ErrorCode why);
  static void take_notice(void* self, const PGresult* notice);

  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  std::unique_ptr<PGconn, Finish> connection_;
  std::unique_ptr<Wakeup> wakeup_;
  TimePoint deadline_ = kNever;
  Canceller canceller_;
  Grace grace_{};
  std::optional<ErrorCode> ended_by_;
  TimePoint grace_until_ = kNever;
  std::optional<TimePoint> undisturbed_until_;  ///< no cancel meanwhile, and dropped at its end
  TransactionListener* listener_ = nullptr;
  std::string last_words_;
  std::string ended_idle_with_;
};

/// For looks: a server that doesn't answer isn't waited for.
inline constexpr Connection::Grace kGraceOfReads{std::chrono::milliseconds(200),
                                                 std::chrono::milliseconds(0)};
/// For work: how it ended matters, so a busy server gets time to say so.
inline constexpr Connection::Grace kGraceOfWork{std::chrono::milliseconds(5'000),
                                                std::chrono::milliseconds(500)};

/// Sends `query` in the extended protocol, parameters in text form. False when libpq refused.
bool send_query(PGconn* connection, const std::string& sql, std::span<const Parameter> parameters);

/// The same for a statement that the server knows by name.
bool send_prepared(PGconn* connection, const std::string& name,
                   std::span<const Parameter> parameters);

/// All rows of a result.
Rows rows_of(const PGresult* result);

}  // namespace tidegate::postgres
