#include "drivers/postgres/session.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "drivers/fenced.h"
#include "drivers/postgres/answer.h"
#include "drivers/postgres/fence.h"
#include "drivers/postgres/items.h"
#include "drivers/postgres/pipeline.h"
#include "drivers/postgres/place.h"
#include "drivers/postgres/server_kind.h"
#include "drivers/postgres/statement_kind.h"

namespace tidegate::postgres {
namespace {

using std::chrono::steady_clock;

/// A migrator's own idle_session_timeout must not end it while it waits for news.
constexpr std::chrono::seconds kLongestSleepOfMigrator{10};

constexpr std::string_view kQueryCanceled = "57014";
constexpr std::string_view kIdleSessionTimeout = "57P05";
constexpr std::string_view kIdleInTransactionTimeout = "25P03";

/// Lends a listener to the connection while a script runs.
class ListenerLoan {
 public:
  ListenerLoan(Connection& connection, TransactionListener& listener) : connection_(connection) {
    connection_.set_listener(&listener);
  }
  ~ListenerLoan() { connection_.set_listener(nullptr); }
  ListenerLoan(const ListenerLoan&) = delete;
  ListenerLoan& operator=(const ListenerLoan&) = delete;

 private:
  Connection& connection_;
};

Error stopped(const Connection& connection) {
  const bool asked = connection.ended_by() == ErrorCode::interrupted;
  return {*connection.ended_by(),
          asked ? "stopped on request" : "the server hasn't answered in time"};
}

/// A run is never idle for as long as its session's idle timeouts allow. One that they ended was
/// stopped meanwhile, and whoever took over is at the history now: it must not come back to it.
void tell_frozen(const Connection& connection, Error& error) {
  const std::string& code =
      error.server_code.empty() ? connection.ended_idle_with() : error.server_code;
  if (code != kIdleSessionTimeout && code != kIdleInTransactionTimeout) return;
  if (error.session_usable()) return;
  error.server_code = code;
  tell_stood_still(error);
}

/// Holds back what is sent on a TCP connection until it is all there. PQpipelineSync flushes each
/// time, and a packet for each read would be a wake-up of the server for each.
class Cork {
 public:
  explicit Cork(int socket) : socket_(socket) { set(1); }
  ~Cork() { set(0); }
  Cork(const Cork&) = delete;
  Cork& operator=(const Cork&) = delete;

 private:
  /// A Unix socket refuses, which costs nothing.
  void set(int on) const { setsockopt(socket_, IPPROTO_TCP, TCP_CORK, &on, sizeof on); }

  int socket_;
};

bool has_row(const Rows& rows, std::string_view text) {
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows.text(row, 0) == text) return true;
  }
  return false;
}

void read_sync(Connection& connection) {
  while (const ResultPtr sync = connection.next_result()) {
    if (PQresultStatus(sync.get()) == PGRES_PIPELINE_SYNC) break;
  }
}

/// Throws what one statement sent by itself came to, if it isn't done.
void throw_unless_done(const Connection& connection, const Answer& answer, ErrorCode when_lost) {
  if (answer.error && answer.error->server_code == kQueryCanceled && connection.ended_by()) {
    throw stopped(connection);
  }
  // A server that has the last word before it says "done" has not committed.
  if (answer.error && !(answer.completed && connection.lost())) throw *answer.error;
  if (!connection.lost()) return;
  throw lost_error(when_lost, connection.last_words());
}

}  // namespace

PostgresSession::PostgresSession(const ConnectionSettings& settings, const ConnectOptions& options)
    : connection_(settings, options),
      settings_(PQbackendPID(connection_.handle())),
      application_name_(options.application_name),
      search_path_pending_(!options.schema.empty()) {
  settings_.set_schema(options.schema);
}

void PostgresSession::limit_to(TimePoint deadline, std::stop_token stop) {
  connection_.limit_to(deadline, std::move(stop));
}

/// One pipeline. With a Sync behind each read each is a transaction of its own, so that a refused
/// one doesn't take the others with it.
std::vector<ReadResult> PostgresSession::read_pipelined(std::span<const Query> queries,
                                                        Syncs syncs) {
  connection_.begin_request(kGraceOfReads);
  PGconn* handle = connection_.handle();
  PQenterPipelineMode(handle);
  {
    const Cork cork(PQsocket(handle));
    for (const Query& query : queries) {
      send_query(handle, query.sql, query.parameters);
      if (syncs == Syncs::behind_each) PQpipelineSync(handle);
    }
    if (syncs == Syncs::behind_all) PQpipelineSync(handle);
  }
  std::vector<ReadResult> results;
  for (const Query& query : queries) {
    Answer answer = read_answer(connection_, {});
    if (syncs == Syncs::behind_each) read_sync(connection_);
    if (answer.error) {
      answer.error->statement = query.sql;
      results.emplace_back(std::move(*answer.error));
    } else {
      results.emplace_back(std::move(answer.rows));
    }
  }
  if (syncs == Syncs::behind_all) read_sync(connection_);
  if (!connection_.lost()) PQexitPipelineMode(handle);
  connection_.end_request();
  throw_unless_read(results);
  return results;
}

/// Never more than one Sync is on its way to a pooler. PgBouncer takes the server's connection for
/// free at the first answer to one: when we die then, somebody else is given it, and our answers.
std::vector<ReadResult> PostgresSession::read_one_by_one(std::span<const Query> queries) {
  std::vector<ReadResult> results;
  for (const Query& query : queries) {
    results.push_back(std::move(read_pipelined({&query, 1}).front()));
  }
  return results;
}

void PostgresSession::throw_unless_read(const std::vector<ReadResult>& results) const {
  for (const ReadResult& result : results) {
    const Error* error = std::get_if<Error>(&result);
    if (error == nullptr) continue;
    if (error->code == ErrorCode::connection_lost) throw Error(*error);
    if (error->server_code == kQueryCanceled && connection_.ended_by()) throw stopped(connection_);
  }
  if (!connection_.lost()) return;
  if (connection_.ended_by()) throw stopped(connection_);
  throw lost_error(ErrorCode::connection_lost, connection_.last_words());
}

std::vector<ReadResult> PostgresSession::read(std::span<const Query> queries) {
  restore_settings();
  if (queries.size() > 1 || search_path_pending_) server();
  if (settings_.pooled()) return read_one_by_one(queries);
  if (!search_path_pending_) return read_pipelined(queries);
  std::vector<Query> all{{settings_.set_search_path()}};
  all.insert(all.end(), queries.begin(), queries.end());
  std::vector<ReadResult> results = read_pipelined(all);
  if (const Error* error = std::get_if<Error>(&results.front())) throw Error(*error);
  search_path_pending_ = false;
  results.erase(results.begin());
  return results;
}

Answer PostgresSession::send_alone(const Query& query, const Reading& reading) {
  connection_.begin_request(kGraceOfWork);
  if (!send_query(connection_.handle(), query.sql, query.parameters)) {
    if (connection_.lost()) throw lost_error(ErrorCode::connection_lost, "");
    throw Error(ErrorCode::internal, PQerrorMessage(connection_.handle()));
  }
  Answer answer = read_answer(connection_, reading);
  connection_.end_request();
  return answer;
}

Server PostgresSession::server() {
  if (!server_) {
    const Query question = ask_server(settings_);
    server_ = server_of(read_pipelined({&question, 1}).front());
    if (server_->route == Server::Route::pooled) be_pooled();
  }
  return *server_;
}

std::optional<Query> PostgresSession::crowd_read() const { return Query{crowd_sql()}; }

void PostgresSession::subscribe(std::string_view topic) {
  // What a pooler's connection hears reaches whoever has that connection by then.
  if (server().route == Server::Route::pooled) return;
  const Answer answer = send_alone({"LISTEN " + quote_identifier(topic)}, {});
  // A standby refuses LISTEN; the caller looks again after its pause anyway.
  if (answer.error && answer.error->code == ErrorCode::read_only) return;
  throw_unless_done(connection_, answer, ErrorCode::connection_lost);
}

std::vector<News> PostgresSession::take_news() {
  std::vector<News> news;
  PQconsumeInput(connection_.handle());
  while (PGnotify* raw = PQnotifies(connection_.handle())) {
    const std::unique_ptr<PGnotify, decltype(&PQfreemem)> notify(raw, &PQfreemem);
    news.push_back({notify->extra});
  }
  return news;
}

std::vector<News> PostgresSession::wait_for_news(TimePoint until) {
  until = std::min(until, connection_.deadline());
  if (role_ == Role::migrates) {
    until = std::min(until, steady_clock::now() + kLongestSleepOfMigrator);
  }
  while (true) {
    std::vector<News> news = take_news();
    if (!news.empty()) return news;
    if (connection_.lost()) {
      throw lost_error(ErrorCode::connection_lost, PQerrorMessage(connection_.handle()));
    }
    if (connection_.stop_requested() || steady_clock::now() >= until) return {};
    connection_.wait(Connection::Interest::read, until);
  }
}

/// Behind a pooler all are asked for at once. False when the server refuses one of them.
bool PostgresSession::keep_those_known(const std::vector<Setting>& wanted) {
  const Query all = Settings::set_those_known(wanted);
  const ReadResult answer = read_pipelined({&all, 1}).front();
  const Rows* names = std::get_if<Rows>(&answer);
  if (names == nullptr) return false;
  for (const Setting& setting : wanted) {
    if (has_row(*names, setting.name)) settings_.keep(setting);
  }
  return true;
}

void PostgresSession::become_migrator() {
  std::vector<Setting> wanted = migrator_settings();
  wanted.push_back({"application_name", application_name_});
  server();
  role_ = Role::migrates;
  if (settings_.pooled() && keep_those_known(wanted)) return;
  std::vector<Query> queries;
  for (const Setting& setting : wanted) queries.push_back(settings_.set_if_known(setting));
  queries.push_back(Settings::ask_origin());
  const std::vector<ReadResult> results = read(queries);
  const Rows* origin = std::get_if<Rows>(&results.back());
  if (origin != nullptr && !settings_.pooled()) {
    settings_.set_origin({origin->text(0, 0), origin->text(0, 1), origin->text(0, 2)});
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    // A server that doesn't know a setting answers with no row, and one whose operating system
    // can't do it (client_connection_check_interval) refuses; we go on without.
    const Rows* rows = std::get_if<Rows>(&results[i]);
    if (rows != nullptr && !rows->empty()) settings_.keep(wanted[i]);
  }
}

Session::Served PostgresSession::serve(const std::string& schema) {
  restore_settings();
  if (!settings_.pooled()) {
    // The plans that the server keeps are of statements that name the other schema.
    const std::array<Query, 2> queries = {Query{"RESET search_path"}, Query{"DEALLOCATE ALL"}};
    for (const ReadResult& result : read_pipelined(queries)) {
      if (const Error* error = std::get_if<Error>(&result)) throw Error(*error);
    }
    prepared_.forget();
    search_path_pending_ = !schema.empty();
  }
  settings_.start_over(schema);
  role_ = Role::looks;
  return Served::yes;
}

void PostgresSession::be_pooled() {
  settings_.be_pooled();
  // RESET ALL brings back what the pooler's connection was opened with, not what we were.
  settings_.keep({"client_encoding", "UTF8"});
  prepared_.give_up();
  search_path_pending_ = false;
}

/// Undoes what statements outside transactions have changed. In one packet: between RESET ALL and
/// our own settings nothing would end the session of somebody who is frozen.
void PostgresSession::restore_settings() {
  if (!unsettled_) return;
  std::vector<Query> resets;
  for (const std::string& sql : Settings::reset()) resets.push_back({sql});
  throw_unless_done(connection_, send_fenced(resets, settings_.set_all(), {}),
                    ErrorCode::connection_lost);
  unsettled_ = false;
  search_path_pending_ = false;
}

void PostgresSession::settle() {
  restore_settings();
  if (!search_path_pending_) return;
  throw_unless_done(connection_, send_alone({settings_.set_search_path()}, {}),
                    ErrorCode::connection_lost);
  search_path_pending_ = false;
}

/// In one packet with the settings of the transaction, as everywhere behind a pooler. Whoever was
/// frozen between the two would keep one of the pooler's connections, and a lock taken on it, for
/// as long as that lasts.
Rows PostgresSession::begin_with_settings(const Query& begin) {
  const std::array<Query, 2> queries = {begin, Query{settings_.set_all()}};
  std::vector<ReadResult> results = read_pipelined(queries, Syncs::behind_all);
  for (const ReadResult& result : results) {
    if (const Error* error = std::get_if<Error>(&result)) throw Error(*error);
  }
  return std::get<Rows>(std::move(results.front()));
}

Rows PostgresSession::execute(const Query& query) {
  if (settings_.pooled() && begins_transaction(query.sql)) return begin_with_settings(query);
  settle();
  Answer answer = send_alone(query, {});
  if (answer.error) answer.error->statement = query.sql;
  throw_unless_done(connection_, answer, ErrorCode::outcome_unknown);
  return std::move(answer.rows);
}

TransactionsResult PostgresSession::run(std::span<const Transaction> transactions,
                                        TransactionListener& listener) {
  if (transactions.empty()) return {};
  const ListenerLoan loan(connection_, listener);
  const bool settled = !unsettled_ && !search_path_pending_;
  Items items(transactions, settings_, application_name_,
              settled ? Items::Settled::yes : Items::Settled::no);
  TransactionsResult result =
      PipelinedRun(connection_, prepared_, transactions, std::move(items), listener).run();
  if (result.error) tell_frozen(connection_, *result.error);
  if (result.committed_count > 0) {
    unsettled_ = false;
    search_path_pending_ = false;
  }
  return result;
}

/// A statement by itself runs on whichever connection the pooler takes, with that one's settings.
void PostgresSession::refuse_behind_pooler(const Script& script, const Statement& statement) const {
  const bool sets =
      sets_something(script.text_of(statement)) || !settings_before(script, statement).empty();
  if (!sets && settings_.schema().empty()) return;
  Error error(ErrorCode::statement_failed,
              sets ? "behind a pooler, no setting reaches a statement outside a transaction"
                   : "behind a pooler, a statement outside a transaction can't have a search path",
              sets ? "leave the SET out, or give 'migrate' a URL of the server itself"
                   : "name schemas in the script and leave out --schema, or give 'migrate' a URL "
                     "of the server itself");
  error.place = script.place_of(statement);
  error.statement = script.text_of(statement);
  throw error;
}

std::vector<ReadResult> PostgresSession::read_as(const Script& script, const Statement& statement,
                                                 std::span<const Query> queries) {
  // Behind a pooler such a statement has the settings of whichever connection it gets.
  if (settings_.pooled()) return read(queries);
  try {
    settle();
    for (const std::string_view sql : settings_before(script, statement)) {
      unsettled_ = true;
      const Answer answer = send_alone({std::string(sql)}, {});
      throw_unless_done(connection_, answer, ErrorCode::connection_lost);
    }
    return read_pipelined(queries);
  } catch (Error& error) {
    tell_frozen(connection_, error);
    throw;
  }
}

/// What was refused before the statement, which the server has skipped then.
void PostgresSession::throw_refused(Error error) {
  if (!connection_.lost() && PQtransactionStatus(connection_.handle()) != PQTRANS_IDLE) {
    connection_.roll_back();
  }
  if (error.server_code == kQueryCanceled && connection_.ended_by()) throw stopped(connection_);
  if (error.server_code == kDivisionByZero) {
    throw fenced_error("its lock");
  }
  tell_frozen(connection_, error);
  throw Error(std::move(error));
}

/// They share one Sync, so that the statement isn't executed where a guard isn't true, however late
/// it gets there. There is no COPY in a pipeline: it fits a transaction, and is here only when the
/// server didn't want it there.
Answer PostgresSession::send_fenced(std::span<const Query> fence, const std::string& sql,
                                    const Reading& reading) {
  const bool together = way_of(sql) == Way::pipelined;
  connection_.begin_request(kGraceOfWork);
  PGconn* handle = connection_.handle();
  PQenterPipelineMode(handle);
  for (const Query& query : fence) send_query(handle, query.sql, query.parameters);
  if (together) send_query(handle, sql, {});
  PQpipelineSync(handle);
  std::optional<Error> refused;
  for (std::size_t left = fence.size(); left > 0; --left) {
    Answer answer = read_answer(connection_, {});
    if (answer.error && !refused) refused = std::move(answer.error);
  }
  Answer answer;
  if (together) answer = read_answer(connection_, reading);
  read_sync(connection_);
  if (!connection_.lost()) PQexitPipelineMode(handle);
  connection_.end_request();
  if (refused) throw_refused(std::move(*refused));
  return together ? answer : send_alone({sql}, reading);
}

void PostgresSession::run_alone(const Script& script, const Statement& statement,
                                std::span<const Guard> guards, TransactionListener& listener) {
  const ListenerLoan loan(connection_, listener);
  if (settings_.pooled()) {
    refuse_behind_pooler(script, statement);
  } else {
    settle();
    unsettled_ = true;
  }
  std::string sql(script.text_of(statement));
  if (may_deallocate(sql)) prepared_.forget();
  const auto fence = fence_before(script, statement, guards, settings_, application_name_);
  const Reading reading{.author = Author::migration,
                        .keep = Keep::nothing,
                        .copy_data = copy_data_of(script, statement)};
  const Answer answer = send_fenced(fence, sql, reading);
  try {
    const bool cancelled =
        connection_.ended_by() && answer.error && answer.error->server_code == kQueryCanceled;
    if (answer.error && !cancelled) throw refusal_of(answer, script, statement);
    throw_unless_done(connection_, answer, ErrorCode::outcome_unknown);
  } catch (Error& error) {
    if (error.place.file.empty()) error.place = script.place_of(statement);
    error.statement = script.text_of(statement);
    // Such a statement may commit piece by piece, so even a last word doesn't mean "undone".
    if (error.code == ErrorCode::connection_lost) error.code = ErrorCode::outcome_unknown;
    tell_frozen(connection_, error);
    throw;
  }
}

}  // namespace tidegate::postgres
