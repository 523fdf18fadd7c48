#include "drivers/postgres/connection.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <limits>
#include <utility>
#include <vector>

namespace tidegate::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// How often a cancel is repeated: one that arrives between two statements has no effect.
constexpr milliseconds kCancelAgain{50};

/// What a connection is opened with unless the user asked for something else: a peer that is gone
/// is noticed in seconds, not in the kernel's two hours.
constexpr std::array<std::pair<const char*, const char*>, 5> kSocketDefaults = {{
    {"keepalives", "1"},
    {"keepalives_idle", "5"},
    {"keepalives_interval", "3"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "15000"},
}};

ConnectionSettings completed(ConnectionSettings settings, const ConnectOptions& options) {
  for (const auto& [keyword, value] : kSocketDefaults) settings.try_emplace(keyword, value);
  settings.try_emplace("fallback_application_name", options.application_name);
  // Scripts are UTF-8; the server converts for a database of another encoding.
  settings["client_encoding"] = "UTF8";
  return settings;
}

/// libpq leaves connect_timeout to the caller of its asynchronous functions.
TimePoint connect_deadline(const ConnectionSettings& settings, TimePoint deadline) {
  const auto found = settings.find("connect_timeout");
  int seconds = 0;
  if (found != settings.end()) {
    const std::string& text = found->second;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
  }
  if (seconds <= 0) return deadline;
  return std::min(deadline, steady_clock::now() + std::chrono::seconds(seconds));
}

int milliseconds_until(TimePoint until) {
  if (until == kNever) return -1;
  const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, INT_MAX));
}

std::vector<const char*> values_of(std::span<const Parameter> parameters) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const Parameter& parameter : parameters) {
    values.push_back(parameter ? parameter->c_str() : nullptr);
  }
  return values;
}

}  // namespace

Connection::Connection(const ConnectionSettings& settings, const ConnectOptions& options) {
  limit_to(options.deadline, options.stop);
  connect(completed(settings, options), options);
  PQsetErrorVerbosity(handle(), PQERRORS_DEFAULT);
  PQsetnonblocking(handle(), 1);
  PQsetNoticeReceiver(handle(), &Connection::take_notice, this);
}

void Connection::limit_to(TimePoint deadline, std::stop_token stop) {
  deadline_ = deadline;
  wakeup_ = std::make_unique<Wakeup>(std::move(stop));
}

void Connection::connect(const ConnectionSettings& settings, const ConnectOptions& options) {
  if (stop_requested()) throw Error(ErrorCode::interrupted, "stopped before connecting");
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : settings) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectStartParams(keywords.data(), values.data(), 0));
  if (!connection_) throw Error(ErrorCode::internal, "no memory for a connection");
  // Verbose messages carry the SQLSTATE, which a failed connection attempt tells nowhere else.
  PQsetErrorVerbosity(handle(), PQERRORS_VERBOSE);
  PQsetNoticeReceiver(handle(), &Connection::take_notice, this);

  const TimePoint until = connect_deadline(settings, options.deadline);
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  if (PQstatus(handle()) == CONNECTION_BAD) state = PGRES_POLLING_FAILED;
  while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    std::array<pollfd, 2> watched = {
        {{PQsocket(handle()), events, 0}, {wakeup_->descriptor(), POLLIN, 0}}};
    const int ready = poll(watched.data(), watched.size(), milliseconds_until(until));
    if (stop_requested()) throw Error(ErrorCode::interrupted, "stopped while connecting");
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) {
      throw Error(ErrorCode::unreachable,
                  fmt::format("cannot connect to {}: no answer in time", shown(settings)),
                  "check host and port, and that no firewall drops the packets");
    }
    state = PQconnectPoll(handle());
  }
  if (state == PGRES_POLLING_FAILED) {
    throw connect_error(PQerrorMessage(handle()), shown(settings));
  }
}

Connection::Wake Connection::wait(Interest interest, TimePoint until) const {
  const auto events = static_cast<short>(interest == Interest::read ? POLLIN : POLLIN | POLLOUT);
  // Once the stop is known, its descriptor stays readable and would only turn the loop.
  const int stop_descriptor = stop_requested() ? -1 : wakeup_->descriptor();
  std::array<pollfd, 2> watched = {{{PQsocket(handle()), events, 0}, {stop_descriptor, POLLIN, 0}}};
  const int ready = poll(watched.data(), watched.size(), milliseconds_until(until));
  if (ready > 0 && watched[1].revents != 0) return Wake::stop;
  if (ready > 0) return Wake::socket;
  return Wake::time;
}

void Connection::begin_request(Grace grace) {
  if (lost()) throw lost_error(ErrorCode::connection_lost, last_words_);
  if (stop_requested()) throw Error(ErrorCode::interrupted, "stopped on request");
  if (steady_clock::now() >= deadline_)
    throw Error(ErrorCode::timed_out, "the server hasn't answered in time");
  grace_ = grace;
  ended_by_.reset();
  grace_until_ = kNever;
}

void Connection::end_now(ErrorCode why) {
  ended_by_ = why;
  const milliseconds grace =
      why == ErrorCode::interrupted ? grace_.after_stop : grace_.after_deadline;
  grace_until_ = steady_clock::now() + grace;
}

/// One turn of the wheel: sends and reads what can be sent and read, and minds stop and deadline.
void Connection::exchange() {
  const bool unsent = PQflush(handle()) > 0;
  const TimePoint now = steady_clock::now();
  if (undisturbed_until_) {
    if (now >= *undisturbed_until_) return drop();
    if (wait(unsent ? Interest::read_and_write : Interest::read, *undisturbed_until_) ==
        Wake::socket) {
      read_input();
    }
    return;
  }
  if (!ended_by_ && stop_requested()) end_now(ErrorCode::interrupted);
  if (!ended_by_ && now >= deadline_) end_now(ErrorCode::timed_out);
  if (ended_by_) {
    canceller_.request(handle());
    if (now >= grace_until_) {
      drop();
      return;
    }
  }
  const TimePoint until = ended_by_ ? std::min(grace_until_, now + kCancelAgain) : deadline_;
  const Wake wake = wait(unsent ? Interest::read_and_write : Interest::read, until);
  if (wake == Wake::socket) read_input();
}

void Connection::read_input() {
  if (PQconsumeInput(handle()) == 0) last_words_ = PQerrorMessage(handle());
}

void Connection::roll_back() {
  undisturbed_until_ = steady_clock::now() + std::chrono::seconds(1);
  if (PQsendQuery(handle(), "ROLLBACK") != 1) drop();
  while (next_result()) {
  }
  undisturbed_until_.reset();
}

ResultPtr Connection::next_result() {
  if (!connection_) return nullptr;
  while (PQisBusy(handle()) != 0 && !lost()) exchange();
  ResultPtr result(PQgetResult(handle()));
  if (result && lost() && last_words_.empty()) last_words_ = PQresultErrorMessage(result.get());
  return result;
}

void Connection::send_all() {
  while (!lost() && PQflush(handle()) > 0) exchange();
}

void Connection::end_request() {
  const TimePoint until = steady_clock::now() + std::chrono::seconds(1);
  while (!canceller_.idle() && !lost()) {
    if (steady_clock::now() >= until) {
      drop();
      return;
    }
    poll(nullptr, 0, 1);
  }
}

void Connection::drop() {
  if (last_words_.empty()) last_words_ = "the server did not answer in time";
  connection_.reset();
}

void Connection::take_notice(void* self, const PGresult* notice) {
  auto* connection = static_cast<Connection*>(self);
  // What ends a session that waits for a result is that result; libpq makes a notice of it only
  // when nothing was asked.
  if (ends_session(notice)) connection->ended_idle_with_ = field_of(notice, PG_DIAG_SQLSTATE);
  if (connection->listener_ == nullptr) return;
  connection->listener_->notice(field_of(notice, PG_DIAG_SEVERITY),
                                field_of(notice, PG_DIAG_MESSAGE_PRIMARY));
}

bool send_query(PGconn* connection, const std::string& sql, std::span<const Parameter> parameters) {
  const std::vector<const char*> values = values_of(parameters);
  return PQsendQueryParams(connection, sql.c_str(), static_cast<int>(values.size()), nullptr,
                           values.data(), nullptr, nullptr, 0) == 1;
}

bool send_prepared(PGconn* connection, const std::string& name,
                   std::span<const Parameter> parameters) {
  const std::vector<const char*> values = values_of(parameters);
  return PQsendQueryPrepared(connection, name.c_str(), static_cast<int>(values.size()),
                             values.data(), nullptr, nullptr, 0) == 1;
}

Rows rows_of(const PGresult* result) {
  const int column_count = PQnfields(result);
  Rows rows(static_cast<std::size_t>(column_count));
  for (int row = 0; row < PQntuples(result); ++row) {
    for (int column = 0; column < column_count; ++column) {
      if (PQgetisnull(result, row, column) != 0) {
        rows.add(std::nullopt);
      } else {
        const auto size = static_cast<std::size_t>(PQgetlength(result, row, column));
        rows.add(std::string_view(PQgetvalue(result, row, column), size));
      }
    }
  }
  return rows;
}

}  // namespace tidegate::postgres
