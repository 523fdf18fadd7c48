#pragma once

#include <mysql.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/wakeup.h"
#include "drivers/mysql/cancel.h"
#include "drivers/mysql/errors.h"
#include "drivers/mysql/open.h"
#include "drivers/mysql/url.h"
#include "tidegate/clock.h"
#include "tidegate/driver.h"
#include "tidegate/session.h"

namespace tidegate::mysql {

/// What one statement of a packet came to.
struct Answer {
  Rows rows;
  std::optional<ServerWords> refusal;
};

/// One connection of libmariadb's whose every wait ends at a deadline or a stop.
///
/// When the stop or the deadline comes while the server works, it is asked to cancel, again and
/// again, until it has answered or the grace is over; `ended_by()` then says why.
///
/// Threads: one at a time.
class Connection {
 public:
  /// Connects to the first host that lets us in and passes `check`, which may ask it things and
  /// throws Error{unreachable} to have the next one tried.
  ///
  /// Throws: Error{unreachable, access_denied, no_database, interrupted, timed_out}.
  Connection(const ConnectionSettings& settings, const ConnectOptions& options,
             const std::function<void(Connection&)>& check);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool lost() const { return lost_; }
  /// How the server calls itself.
  std::string product() const;
  /// The number that the server knows this session by.
  unsigned long number() const { return mysql_thread_id(handle_.get()); }

  /// Behind one address there may be several servers, and a session's number is another's there.
  /// Nothing is cancelled before this.
  void cancel_only_on(std::string server) { canceller_->only_on(std::move(server)); }

  void limit_to(TimePoint deadline, std::stop_token stop);
  TimePoint deadline() const { return deadline_; }
  bool stop_requested() const { return wakeup_->stop_requested(); }

  /// How long the server gets to answer after a stop or a deadline.
  struct Grace {
    std::chrono::milliseconds after_stop;
    std::chrono::milliseconds after_deadline;
  };
  enum class Cancel { yes, no };
  enum class Statements { one, several };
  enum class Keep { rows, nothing };

  /// How to send a text and what to do with its answers.
  struct Manner {
    Grace grace;
    Cancel cancel = Cancel::yes;  ///< no: how it ends matters more than when
    Statements statements = Statements::several;
    Keep keep = Keep::rows;
    /// How long to wait for the answers; nothing: as long as the limits allow.
    std::optional<std::chrono::milliseconds> patience = {};
  };

  /// Sends `text` and reads all that it is answered. The server stops at the first statement that
  /// it refuses: that is the last answer then. After a loss the answers are those that came.
  ///
  /// Throws: Error{connection_lost, interrupted, timed_out} when nothing was sent.
  std::vector<Answer> ask(std::string_view text, const Manner& manner) {
    return ask(text, manner, [](std::size_t) {});
  }
  /// The same, and tells how many statements have succeeded, each time one has.
  std::vector<Answer> ask(std::string_view text, const Manner& manner,
                          const std::function<void(std::size_t count)>& succeeded);

  /// Whether the server had something to remark about the last statement.
  bool has_warnings() const { return mysql_warning_count(handle_.get()) > 0; }

  /// Why the last request was cancelled: interrupted, timed_out, or lock_timeout where only its own
  /// patience was over; nothing if it wasn't.
  std::optional<ErrorCode> ended_by() const { return ended_by_; }

  /// Ends an open transaction, whether or not a stop was requested; drops a connection that
  /// doesn't answer within a second.
  void roll_back();

  /// What the library said when the connection was lost.
  const std::string& last_words() const { return last_words_; }

  /// Whether this process stood still for longer than the server keeps a silent session.
  bool was_frozen() const { return was_frozen_; }
  /// From how long a silence on the server ends the session.
  void expect_silence_limit(std::chrono::seconds limit) { silence_limit_ = limit; }

  /// Sleeps until `until`, the stop, or the end of the connection.
  void sleep(TimePoint until);

  /// Drops the connection for good; the server then rolls back what wasn't committed.
  void drop();

 private:
  void try_host(const ConnectionSettings& settings, const Host& host, const std::string& name);
  void check_protection(const ConnectionSettings& settings, const Host& host) const;
  void check_limits() const;
  void note_time();
  void begin_request(const Manner& manner);
  void end_request();
  void set_statements(Statements statements);
  int wait(int wanted);
  int poll_for(int wanted, TimePoint until);
  template <typename Start, typename Continue>
  void finish(const Start& start, const Continue& go_on);
  Answer take_answer(Keep keep);
  Answer take_rows(MYSQL_RES* result);
  void drain(MYSQL_RES* result);
  void take_refusal(Answer& answer);
  void lose(std::string_view why);

  OpenHandle handle_;
  std::unique_ptr<Wakeup> wakeup_;
  TimePoint deadline_ = kNever;
  std::unique_ptr<Canceller> canceller_;
  Manner manner_{};
  Statements statements_ = Statements::several;
  std::optional<ErrorCode> ended_by_;
  TimePoint grace_until_ = kNever;
  TimePoint patient_until_ = kNever;
  std::optional<TimePoint> undisturbed_until_;  ///< no cancel meanwhile, and dropped at its end
  bool lost_ = false;
  bool given_up_ = false;  ///< the library is told that the time is over, whatever it waits for
  std::string last_words_;
  std::chrono::seconds silence_limit_{0};
  std::optional<std::chrono::nanoseconds> last_time_;
  bool was_frozen_ = false;
};

/// For looks: a server that doesn't answer isn't waited for.
inline constexpr Connection::Grace kGraceOfReads{std::chrono::milliseconds(200),
                                                 std::chrono::milliseconds(0)};
/// For work: how it ended matters, so a busy server gets time to say so.
inline constexpr Connection::Grace kGraceOfWork{std::chrono::milliseconds(5'000),
                                                std::chrono::milliseconds(500)};

}  // namespace tidegate::mysql
