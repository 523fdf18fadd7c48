#include "drivers/mysql/connection.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

namespace tidegate::mysql {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// How often a cancel is repeated: one that arrives between two statements has no effect.
constexpr milliseconds kCancelAgain{50};
/// How long at most nobody looks at the clock, so that a process that stood still notices.
constexpr milliseconds kLongestTurn{1'000};

/// Time that goes on while the machine sleeps.
std::chrono::nanoseconds time_since_boot() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

/// A peer that is gone is noticed in seconds, not in the kernel's two hours. On a Unix socket this
/// is refused, which costs nothing.
void notice_dead_peers(int socket) {
  constexpr std::array<std::pair<int, int>, 4> kSettings = {
      {{TCP_KEEPIDLE, 5}, {TCP_KEEPINTVL, 3}, {TCP_KEEPCNT, 3}, {TCP_USER_TIMEOUT, 15'000}}};
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  for (const auto& [name, value] : kSettings) {
    setsockopt(socket, IPPROTO_TCP, name, &value, sizeof value);
  }
}

ServerWords words_of(MYSQL* handle) {
  return {mysql_errno(handle), mysql_sqlstate(handle), mysql_error(handle)};
}

/// A loss that the library noticed, rather than one the server told of.
bool is_loss(unsigned number) { return number == 2006 || number == 2013 || number == 2055; }

short events_of(int wanted) {
  int events = 0;
  if ((wanted & MYSQL_WAIT_READ) != 0) events |= POLLIN;
  if ((wanted & MYSQL_WAIT_WRITE) != 0) events |= POLLOUT;
  if ((wanted & MYSQL_WAIT_EXCEPT) != 0) events |= POLLPRI;
  return static_cast<short>(events);
}

int wanted_of(short events) {
  int wanted = 0;
  if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) wanted |= MYSQL_WAIT_READ;
  if ((events & (POLLOUT | POLLERR)) != 0) wanted |= MYSQL_WAIT_WRITE;
  if ((events & POLLPRI) != 0) wanted |= MYSQL_WAIT_EXCEPT;
  return wanted;
}

/// The library passes over one that isn't there, and would connect as somebody else.
void require_option_file(const ConnectionSettings& settings) {
  const std::string& file = settings.default_file;
  if (file.empty() || access(file.c_str(), R_OK) == 0) return;
  const std::error_code why(errno, std::generic_category());
  throw Error(ErrorCode::usage,
              fmt::format("cannot read the option file {}: {}", file, why.message()),
              "check default-file in the database URL");
}

/// A URL of several hosts, with only that one.
std::string shown_at(ConnectionSettings settings, const Host& host) {
  settings.hosts = {host};
  return shown(settings);
}

Error silence_of(const ConnectionSettings& settings, const Host& host) {
  return {ErrorCode::unreachable,
          fmt::format("cannot connect to {}: no answer in time", shown_at(settings, host)),
          "check host and port, that it is a MySQL server, and that no firewall drops the packets"};
}

}  // namespace

Connection::Connection(const ConnectionSettings& settings, const ConnectOptions& options,
                       const std::function<void(Connection&)>& check) {
  limit_to(options.deadline, options.stop);
  if (stop_requested()) throw Error(ErrorCode::interrupted, "stopped before connecting");
  require_option_file(settings);
  for (std::size_t index = 0; index < settings.hosts.size(); ++index) {
    TimePoint until = options.deadline;
    // A host that answers nothing leaves the others their part of the time.
    const auto left = static_cast<int>(settings.hosts.size() - index);
    const TimePoint now = steady_clock::now();
    if (until != kNever) until = now + (until - now) / left;
    if (settings.connect_timeout) until = std::min(until, now + *settings.connect_timeout);
    deadline_ = until;
    try {
      try_host(settings, settings.hosts[index], options.application_name);
      check(*this);
      deadline_ = options.deadline;
      return;
    } catch (const Error& error) {
      // It let us in and then said nothing, or this process stood still meanwhile.
      const bool silent = error.code == ErrorCode::timed_out;
      if (error.code != ErrorCode::unreachable && !silent) throw;
      if (left == 1) throw silent ? silence_of(settings, settings.hosts[index]) : error;
    }
  }
}

Connection::~Connection() {
  if (handle_ && lost_ && mysql_get_socket(handle_.get()) != MARIADB_INVALID_SOCKET) {
    // The library says good-bye on closing, and would wait for a peer that doesn't listen.
    shutdown(mysql_get_socket(handle_.get()), SHUT_RDWR);
  }
}

void Connection::try_host(const ConnectionSettings& settings, const Host& host,
                          const std::string& name) {
  handle_ = new_handle(settings, host, name);
  if (!handle_) throw Error(ErrorCode::internal, "no memory for a connection");
  mysql_options(handle_.get(), MYSQL_OPT_NONBLOCK, nullptr);
  const ConnectArguments to = arguments_of(settings, host);
  manner_ = {.grace = {}, .cancel = Cancel::no};
  ended_by_.reset();
  grace_until_ = kNever;
  given_up_ = false;
  lost_ = false;
  last_words_.clear();
  statements_ = Statements::several;
  MYSQL* connected = nullptr;
  finish(
      [&] {
        return mysql_real_connect_start(&connected, handle_.get(), to.host, to.user, to.password,
                                        to.database, to.port, to.socket,
                                        CLIENT_MULTI_STATEMENTS | CLIENT_MULTI_RESULTS);
      },
      [&](int events) { return mysql_real_connect_cont(&connected, handle_.get(), events); });
  if (connected != nullptr) {
    given_up_ = false;
    ended_by_.reset();
    notice_dead_peers(mysql_get_socket(handle_.get()));
    // An option file may have asked for it: a new session would be without the lock of this one.
    const my_bool reconnect = 0;
    mysql_options(handle_.get(), MYSQL_OPT_RECONNECT, &reconnect);
    canceller_ = std::make_unique<Canceller>(settings, host, number());
    return check_protection(settings, host);
  }
  if (stop_requested()) throw Error(ErrorCode::interrupted, "stopped while connecting");
  if (given_up_) throw silence_of(settings, host);
  throw connect_error(words_of(handle_.get()), shown_at(settings, host));
}

void Connection::check_protection(const ConnectionSettings& settings, const Host& host) const {
  const bool required = settings.ssl_mode == SslMode::required;
  if (!required || mysql_get_ssl_cipher(handle_.get()) != nullptr) return;
  throw Error(ErrorCode::access_denied,
              fmt::format("cannot connect to {}: the server has no TLS, and ssl-mode is REQUIRED",
                          shown_at(settings, host)),
              "give the server a certificate, or use ssl-mode=PREFERRED");
}

std::string Connection::product() const { return mysql_get_server_info(handle_.get()); }

void Connection::limit_to(TimePoint deadline, std::stop_token stop) {
  deadline_ = deadline;
  wakeup_ = std::make_unique<Wakeup>(std::move(stop));
}

template <typename Start, typename Continue>
void Connection::finish(const Start& start, const Continue& go_on) {
  for (int wanted = start(); wanted != 0;) wanted = go_on(wait(wanted));
}

void Connection::note_time() {
  const auto now = time_since_boot();
  const bool watched = silence_limit_.count() > 0 && last_time_;
  if (watched && now - *last_time_ >= silence_limit_) was_frozen_ = true;
  last_time_ = now;
}

/// Waits for what the library waits for, `until`, or the stop. Returns what came, as the library
/// wants to hear it; 0 for the stop and the time.
int Connection::poll_for(int wanted, TimePoint until) {
  const TimePoint turn = std::min(until, steady_clock::now() + kLongestTurn);
  const auto left = std::chrono::ceil<milliseconds>(turn - steady_clock::now());
  // Once the stop is known, its descriptor stays readable and would only turn the loop.
  const int stop_descriptor = stop_requested() ? -1 : wakeup_->descriptor();
  std::array<pollfd, 2> watched = {
      {{mysql_get_socket(handle_.get()), events_of(wanted), 0}, {stop_descriptor, POLLIN, 0}}};
  const int ready = poll(watched.data(), watched.size(),
                         static_cast<int>(std::max<milliseconds::rep>(left.count(), 0)));
  note_time();
  return ready > 0 ? wanted_of(watched[0].revents) : 0;
}

/// One wait of the library's, with an eye on stop and deadline.
int Connection::wait(int wanted) {
  while (true) {
    if (given_up_) return MYSQL_WAIT_TIMEOUT;
    const TimePoint now = steady_clock::now();
    TimePoint until = std::min(deadline_, patient_until_);
    if (undisturbed_until_) {
      until = *undisturbed_until_;
      given_up_ = now >= until;
    } else {
      if (!ended_by_ && stop_requested()) ended_by_ = ErrorCode::interrupted;
      if (!ended_by_ && now >= deadline_) ended_by_ = ErrorCode::timed_out;
      if (!ended_by_ && now >= patient_until_) ended_by_ = ErrorCode::lock_timeout;
      if (ended_by_) {
        const milliseconds grace = *ended_by_ == ErrorCode::timed_out ? manner_.grace.after_deadline
                                                                      : manner_.grace.after_stop;
        if (grace_until_ == kNever) grace_until_ = now + grace;
        if (manner_.cancel == Cancel::yes) canceller_->request();
        given_up_ = now >= grace_until_;
        until = std::min(grace_until_, now + kCancelAgain);
      }
    }
    if (given_up_) continue;
    if (const int came = poll_for(wanted, until); came != 0) return came;
  }
}

void Connection::check_limits() const {
  if (lost()) throw lost_error(ErrorCode::connection_lost, last_words_);
  if (stop_requested()) throw Error(ErrorCode::interrupted, "stopped on request");
  if (steady_clock::now() >= deadline_)
    throw Error(ErrorCode::timed_out, "the server hasn't answered in time");
}

void Connection::begin_request(const Manner& manner) {
  manner_ = manner;
  ended_by_.reset();
  grace_until_ = kNever;
  patient_until_ = manner.patience ? steady_clock::now() + *manner.patience : kNever;
  note_time();
}

/// Waits for a cancel that is on its way: it must not hit the next request.
void Connection::end_request() {
  const TimePoint until = steady_clock::now() + std::chrono::seconds(1);
  while (canceller_ && !canceller_->idle() && !lost()) {
    if (steady_clock::now() >= until) return drop();
    poll(nullptr, 0, 1);
  }
}

/// A text without a semicolon is one statement whatever is allowed, so nothing has to be said.
void Connection::set_statements(Statements statements) {
  if (statements_ == statements) return;
  const auto option = statements == Statements::several ? MYSQL_OPTION_MULTI_STATEMENTS_ON
                                                        : MYSQL_OPTION_MULTI_STATEMENTS_OFF;
  int failed = 0;
  finish([&] { return mysql_set_server_option_start(&failed, handle_.get(), option); },
         [&](int events) { return mysql_set_server_option_cont(&failed, handle_.get(), events); });
  if (failed != 0) return lose(mysql_error(handle_.get()));
  statements_ = statements;
}

std::vector<Answer> Connection::ask(std::string_view text, const Manner& manner,
                                    const std::function<void(std::size_t count)>& succeeded) {
  check_limits();
  begin_request(manner);
  const bool one_anyway = text.find(';') == std::string_view::npos;
  if (!one_anyway) set_statements(manner.statements);
  std::vector<Answer> answers;
  int failed = 0;
  MYSQL* const handle = handle_.get();
  const auto size = static_cast<unsigned long>(text.size());
  if (!lost_) {
    finish([&] { return mysql_real_query_start(&failed, handle, text.data(), size); },
           [&](int events) { return mysql_real_query_cont(&failed, handle, events); });
  }
  while (!lost_) {
    answers.emplace_back();
    if (failed != 0) {
      take_refusal(answers.back());
    } else {
      answers.back() = take_answer(manner.keep);
    }
    if (lost_ && !answers.back().refusal) answers.pop_back();
    if (lost_ || answers.back().refusal) break;
    succeeded(answers.size());
    if (!mysql_more_results(handle)) break;
    finish([&] { return mysql_next_result_start(&failed, handle); },
           [&](int events) { return mysql_next_result_cont(&failed, handle, events); });
    if (failed < 0) break;
  }
  end_request();
  return answers;
}

Answer Connection::take_answer(Keep keep) {
  MYSQL* const handle = handle_.get();
  Answer answer;
  if (mysql_field_count(handle) == 0) return answer;
  if (keep == Keep::nothing) {
    drain(mysql_use_result(handle));
  } else {
    MYSQL_RES* result = nullptr;
    finish([&] { return mysql_store_result_start(&result, handle); },
           [&](int events) { return mysql_store_result_cont(&result, handle, events); });
    if (result != nullptr) answer = take_rows(result);
  }
  if (mysql_errno(handle) != 0) take_refusal(answer);
  return answer;
}

Answer Connection::take_rows(MYSQL_RES* result) {
  Answer answer;
  const unsigned count = mysql_num_fields(result);
  answer.rows = Rows(count);
  while (char** const row = mysql_fetch_row(result)) {
    const unsigned long* const sizes = mysql_fetch_lengths(result);
    for (unsigned column = 0; column < count; ++column) {
      if (row[column] == nullptr) {
        answer.rows.add(std::nullopt);
      } else {
        answer.rows.add(std::string_view(row[column], sizes[column]));
      }
    }
  }
  mysql_free_result(result);
  return answer;
}

/// Reads rows that nobody wants, one by one: a script may select a whole table.
void Connection::drain(MYSQL_RES* result) {
  if (result == nullptr) return;
  MYSQL_ROW row = nullptr;
  do {
    finish([&] { return mysql_fetch_row_start(&row, result); },
           [&](int events) { return mysql_fetch_row_cont(&row, result, events); });
  } while (row != nullptr);
  mysql_free_result(result);
}

void Connection::take_refusal(Answer& answer) {
  ServerWords words = words_of(handle_.get());
  if (given_up_) return lose("the server did not answer in time");
  if (is_loss(words.number)) return lose(words.message);
  if (ends_session(words.number)) lose(words.message);
  answer.refusal = std::move(words);
}

void Connection::lose(std::string_view why) {
  if (last_words_.empty()) last_words_ = why;
  lost_ = true;
}

void Connection::drop() { lose("the server did not answer in time"); }

void Connection::roll_back() {
  if (lost()) return;
  undisturbed_until_ = steady_clock::now() + std::chrono::seconds(1);
  given_up_ = false;
  int failed = 0;
  constexpr std::string_view kRollback = "ROLLBACK";
  finish(
      [&] {
        return mysql_real_query_start(&failed, handle_.get(), kRollback.data(), kRollback.size());
      },
      [&](int events) { return mysql_real_query_cont(&failed, handle_.get(), events); });
  undisturbed_until_.reset();
  if (failed != 0) drop();
}

void Connection::sleep(TimePoint until) {
  note_time();
  until = std::min(until, deadline_);
  while (steady_clock::now() < until && !stop_requested()) {
    if (lost()) throw lost_error(ErrorCode::connection_lost, last_words_);
    // A server that speaks without being asked says that it ends the session.
    if (poll_for(MYSQL_WAIT_READ, until) != 0) lose("the server ended the session");
  }
  if (lost()) throw lost_error(ErrorCode::connection_lost, last_words_);
}

}  // namespace tidegate::mysql
