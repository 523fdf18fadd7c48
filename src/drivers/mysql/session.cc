#include "drivers/mysql/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "drivers/fenced.h"
#include "drivers/mysql/galera.h"
#include "drivers/mysql/literal.h"
#include "drivers/mysql/place.h"
#include "drivers/mysql/statement_kind.h"
#include "drivers/mysql/transactions.h"

namespace tidegate::mysql {
namespace {

using std::chrono::steady_clock;

/// How long a migrator may say nothing before the server ends its session: it is frozen or cut off.
constexpr std::chrono::seconds kLongestSilence{10};
/// So a migrator that waits doesn't sleep for so long.
constexpr std::chrono::seconds kLongestSleepOfMigrator{4};
/// How long our own statements wait for another session's lock; the server's own limit is a day.
constexpr std::chrono::seconds kOwnLockTimeout{50};

/// How often our own bookkeeping is tried when another transaction was certified before it.
constexpr int kTriesAfterConflict = 5;

/// How often a read is tried that changes of its table abort. Each takes longer than the read.
constexpr int kMostReads = 20;

/// In a cluster a read waits for what was committed before, and with it for an ALTER TABLE.
constexpr std::chrono::milliseconds kPatienceWithCluster{3'000};

constexpr Connection::Manner kReading{.grace = kGraceOfReads};
constexpr Connection::Manner kWorking{.grace = kGraceOfWork};

/// What the reader of an old server's connection isn't allowed to do for long, it isn't asked for.
std::string migrator_settings() {
  return fmt::format(
      "SET SESSION wait_timeout = {0}, net_read_timeout = {0}, net_write_timeout = {0} "
      "/*M!100101 , max_statement_time = 0 */ /*M!100305 , idle_transaction_timeout = 0, "
      "idle_write_transaction_timeout = 0, idle_readonly_transaction_timeout = 0 */ "
      "/*!50708 , max_execution_time = 0 */",
      kLongestSilence.count());
}

/// It met another transaction, or a table that was to be made isn't there.
bool may_be_done_anew(const Error& error) {
  return error.server_code == std::to_string(kDeadlock) || error.code == ErrorCode::no_table;
}

bool met_a_deadlock(const ReadResult& result) {
  const Error* error = std::get_if<Error>(&result);
  return error != nullptr && error->server_code == std::to_string(kDeadlock);
}

/// Guards that write something do so in a transaction.
std::vector<std::string> fence_of(std::span<const Guard> guards) {
  std::vector<std::string> statements;
  bool writes = false;
  for (const Guard& guard : guards) {
    statements.push_back(refused_unless(guard));
    if (guard.stamp.empty()) continue;
    statements.push_back(guard.stamp);
    writes = true;
  }
  if (!writes) return statements;
  statements.insert(statements.begin(), "START TRANSACTION");
  statements.emplace_back("COMMIT");
  return statements;
}

/// Transactions without a script, in one. Each statement has an answer of its own, which takes the
/// server longer than a guard does: so their guards are one, and what they share is asked once.
std::vector<std::string> statements_of(std::span<const Transaction> notes) {
  std::vector<std::string> conditions;
  std::vector<std::string> writes;
  for (const Transaction& note : notes) {
    for (const Guard& guard : note.guards) {
      std::string condition = "(" + bound(guard.expression, guard.parameters) + ")";
      if (std::ranges::find(conditions, condition) != conditions.end()) continue;
      conditions.push_back(std::move(condition));
      if (!guard.stamp.empty()) writes.push_back(guard.stamp);
    }
    for (const Query& query : note.epilogue) writes.push_back(bound(query));
  }
  if (conditions.empty()) conditions.emplace_back("TRUE");
  std::vector<std::string> statements = {
      "START TRANSACTION", refused_unless(fmt::format("{}", fmt::join(conditions, " AND ")))};
  std::ranges::move(writes, std::back_inserter(statements));
  statements.emplace_back("COMMIT");
  return statements;
}

}  // namespace

MysqlSession::MysqlSession(const ConnectionSettings& settings, const ConnectOptions& options,
                           Sees sees)
    : sees_(sees), connection_(settings, options, [this](Connection& connection) {
        look_at_cluster(connection);
      }) {}

void MysqlSession::limit_to(TimePoint deadline, std::stop_token stop) {
  connection_.limit_to(deadline, std::move(stop));
}

/// Whatever the server is set to, what isn't in a transaction commits: a reader would look at the
/// same old snapshot for ever. A node that isn't in step is left for the next one at once.
void MysqlSession::look_at_cluster(Connection& connection) {
  const auto ask = [&](const std::string& sql) {
    std::vector<Answer> answers = connection.ask(sql, kReading);
    if (connection.ended_by() == ErrorCode::interrupted) {
      throw Error(ErrorCode::interrupted, "stopped while connecting");
    }
    if (answers.empty()) throw lost_error(ErrorCode::unreachable, connection.last_words());
    return std::move(answers.back());
  };
  const auto ask_for = [&](std::string_view wsrep_on) {
    return ask(fmt::format("SET SESSION autocommit = 1;\nSELECT CONNECTION_ID(), {}, {}",
                           kThisServer, wsrep_on));
  };
  Answer answer = ask_for("@@wsrep_on");
  if (answer.refusal && answer.refusal->number == kUnknownVariable) answer = ask_for("0");
  if (answer.refusal) throw connect_error(*answer.refusal, "the server");
  pooled_ = answer.rows.text(0, 0) != std::to_string(connection.number());
  if (!pooled_) connection.cancel_only_on(answer.rows.text(0, 1));
  clustered_ = answer.rows.text(0, 2) == "1";
  if (!clustered_) return;
  if (const auto refusal = refusal_of_node(ask(ask_node_state().sql).rows)) throw Error(*refusal);
  answer = ask(fmt::format("SET SESSION wsrep_sync_wait = {}, wsrep_dirty_reads = OFF",
                           sees_ == Sees::everything ? 1 : 0));
  if (answer.refusal) throw connect_error(*answer.refusal, "the server");
}

void MysqlSession::ask_or_throw(const std::string& sql) {
  const std::vector<Answer> answers = connection_.ask(sql, kReading);
  if (!answers.empty() && answers.back().refusal) {
    if (answers.back().refusal->number == kInterrupted && connection_.ended_by()) throw stopped();
    Error error = error_of(*answers.back().refusal, Author::ours);
    error.statement = sql;
    throw error;
  }
  if (connection_.lost()) throw_lost(ErrorCode::connection_lost);
}

Error MysqlSession::stopped() const {
  switch (*connection_.ended_by()) {
    case ErrorCode::interrupted:
      return {ErrorCode::interrupted, "stopped on request"};
    case ErrorCode::lock_timeout:
      return {ErrorCode::timed_out,
              "the cluster has not come to what was committed before: it is changing a table"};
    default:
      return {ErrorCode::timed_out, "the server hasn't answered in time"};
  }
}

/// Throws what the loss of the connection means.
void MysqlSession::throw_lost(ErrorCode when_lost) const {
  if (connection_.ended_by() && when_lost == ErrorCode::connection_lost) throw stopped();
  Error error = lost_error(when_lost, connection_.last_words());
  tell_frozen(error);
  throw error;
}

/// A migrator is never silent for as long as its session's limit allows. One whose process stood
/// still for longer was thought dead, and whoever took over is at the history now.
void MysqlSession::tell_frozen(Error& error) const {
  if (role_ != Role::migrates || !connection_.was_frozen() || error.session_usable()) return;
  tell_stood_still(error);
}

/// A node that has fallen out of its cluster is left like one that is gone.
void MysqlSession::check_node(const std::vector<Answer>& answers) const {
  if (!clustered_ || answers.empty()) return;
  if (answers.front().refusal) {
    if (connection_.lost()) return;
    throw error_of(*answers.front().refusal, Author::ours);
  }
  auto refusal = refusal_of_node(answers.front().rows);
  if (!refusal) return;
  refusal->code = ErrorCode::connection_lost;
  throw Error(*refusal);
}

/// One packet of them all, which the server leaves at the first that it refuses. Returns how many
/// have their answer.
std::size_t MysqlSession::read_from(std::span<const Query> queries,
                                    std::vector<ReadResult>& results) {
  std::string packet;
  if (clustered_) packet = ask_node_state().sql;
  for (const Query& query : queries) {
    if (!packet.empty()) packet += ";\n";
    packet += bound(query);
  }
  Connection::Manner manner = kReading;
  if (clustered_ && sees_ == Sees::everything) manner.patience = kPatienceWithCluster;
  std::vector<Answer> answers = connection_.ask(packet, manner);
  const bool refused = !answers.empty() && answers.back().refusal;
  if (refused && answers.back().refusal->number == kInterrupted && connection_.ended_by()) {
    throw stopped();
  }
  check_node(answers);
  const std::size_t skipped = clustered_ && !answers.empty() ? 1 : 0;
  for (std::size_t index = skipped; index < answers.size(); ++index) {
    Answer& answer = answers[index];
    if (!answer.refusal) {
      results.emplace_back(std::move(answer.rows));
      continue;
    }
    Error error = error_of(*answer.refusal, Author::ours);
    error.statement = queries[index - skipped].sql;
    results.emplace_back(std::move(error));
  }
  if (connection_.lost()) throw_lost(ErrorCode::connection_lost);
  return answers.size() - skipped;
}

std::vector<ReadResult> MysqlSession::read_all(std::span<const Query> queries) {
  std::vector<ReadResult> results;
  while (!queries.empty()) {
    const std::size_t answered = read_from(queries, results);
    if (answered == 0) throw Error(ErrorCode::internal, "a packet without an answer");
    queries = queries.subspan(answered);
  }
  return results;
}

/// A cluster aborts even a read when a change of its table comes from another node, with the words
/// of a deadlock. The next finds the table as it is then.
std::vector<ReadResult> MysqlSession::read(std::span<const Query> queries) {
  restore_settings();
  for (int attempt = 1;; ++attempt) {
    auto results = read_all(queries);
    if (attempt == kMostReads || std::ranges::none_of(results, met_a_deadlock)) return results;
  }
}

Server MysqlSession::server() {
  Server server;
  server.product = connection_.product();
  if (pooled_) server.route = Server::Route::pooled;
  if (clustered_) {
    server.locks = Server::Locks::nowhere;
    server.product = "Galera, " + server.product;
  }
  return server;
}

/// Of others' sessions a user sees only those of the same name, with nothing that tells Tidegate's
/// from the service's: a quarter of those in this database is taken for the waiters. Nobody can be
/// woken here, so that a pause may not grow for as long as where one can.
std::optional<Query> MysqlSession::crowd_read() const {
  return Query{
      "SELECT (SELECT VARIABLE_VALUE FROM /*M! information_schema.GLOBAL_STATUS */ "
      "/*!80000 performance_schema.global_status */ WHERE VARIABLE_NAME = 'Threads_connected'), "
      "@@max_connections, (SELECT COUNT(*) DIV 4 FROM information_schema.PROCESSLIST WHERE DB = "
      "DATABASE())"};
}

void MysqlSession::subscribe(std::string_view /*topic*/) {}

std::vector<News> MysqlSession::wait_for_news(TimePoint until) {
  if (role_ == Role::migrates) {
    until = std::min(until, steady_clock::now() + kLongestSleepOfMigrator);
  }
  try {
    connection_.sleep(until);
  } catch (Error& error) {
    tell_frozen(error);
    throw;
  }
  // The server ends a session that says nothing. A waiter asks for nothing while it sleeps.
  if (role_ == Role::migrates && !connection_.stop_requested() &&
      steady_clock::now() < connection_.deadline()) {
    ask_or_throw("DO 0");
  }
  return {};
}

void MysqlSession::become_migrator() {
  ask_or_throw(migrator_settings());
  lock_timeout_.reset();
  ask_or_throw(lock_timeout_sql(std::nullopt));
  connection_.expect_silence_limit(kLongestSilence);
  role_ = Role::migrates;
}

/// What makes statements wait for another session's locks for so long; empty when they do already.
std::string MysqlSession::lock_timeout_sql(std::optional<std::chrono::milliseconds> wanted) {
  const auto limit =
      std::max(std::chrono::seconds(1),
               wanted ? std::chrono::ceil<std::chrono::seconds>(*wanted) : kOwnLockTimeout);
  if (std::exchange(lock_timeout_, limit) == limit) return {};
  return fmt::format("SET SESSION lock_wait_timeout = {0}, innodb_lock_wait_timeout = {0}",
                     limit.count());
}

/// Before the first script that may change them, not before: most never do.
void MysqlSession::remember_settings() {
  if (settings_.known()) return;
  settings_ = Settings(read_all(Settings::reads()));
}

/// Undoes what a script has set.
void MysqlSession::restore_settings() {
  if (!unsettled_) return;
  const Settings now(read_all(Settings::reads()));
  for (const std::string& sql : settings_.undo(now)) {
    connection_.ask(sql, kReading);
    if (connection_.lost()) throw_lost(ErrorCode::connection_lost);
  }
  lock_timeout_.reset();
  unsettled_ = false;
}

Rows MysqlSession::execute(const Query& query) {
  restore_settings();
  std::vector<Answer> answers = connection_.ask(
      bound(query), {.grace = kGraceOfWork, .statements = Connection::Statements::one});
  if (connection_.lost() && (answers.empty() || !answers.back().refusal)) {
    throw_lost(ErrorCode::outcome_unknown);
  }
  if (const auto& refusal = answers.back().refusal) {
    if (refusal->number == kInterrupted && connection_.ended_by()) throw stopped();
    Error error = ends_session(refusal->number)
                      ? lost_error(ErrorCode::outcome_unknown, refusal->message)
                      : error_of(*refusal, Author::ours);
    error.statement = query.sql;
    tell_frozen(error);
    throw error;
  }
  return std::move(answers.front().rows);
}

TransactionsResult MysqlSession::run(std::span<const Transaction> transactions,
                                     TransactionListener& listener) {
  TransactionsResult result;
  try {
    restore_settings();
    for (int tries = 0; tries < kTriesAfterConflict; ++tries) {
      result = TransactionRun(*this, transactions, result.committed_count, listener).run();
      if (!result.error || !may_be_done_anew(*result.error)) break;
      // Ours alone, and rolled back by the server as a whole. A script's owner decides itself.
      if (transactions[result.committed_count].script != nullptr) break;
    }
  } catch (const Error& error) {
    result.error = error;
  }
  if (result.error) tell_frozen(*result.error);
  return result;
}

/// A SET of a script holds until its end, though statements of ours may stand in between, and
/// though the process that ran it may be dead: those run with the settings restored, so the
/// script's are made again.
void MysqlSession::take_settings_before(const Script& script, const Statement& statement) {
  if (alone_script_ != script.file) restore_settings();
  alone_script_ = script.file;
  if (unsettled_) return;
  for (const Statement& earlier : script.statements) {
    if (earlier.offset >= statement.offset) break;
    if (!sets_something(script.text_of(earlier))) continue;
    remember_settings();
    unsettled_ = true;
    const auto answer = ask_statement(script, earlier);
    if (answer && answer->refusal) throw refusal_of(*answer->refusal, script, earlier);
    if (connection_.lost()) throw_lost(ErrorCode::connection_lost);
  }
}

std::vector<ReadResult> MysqlSession::read_as(const Script& script, const Statement& statement,
                                              std::span<const Query> queries) {
  take_settings_before(script, statement);
  return read_all(queries);
}

/// A script's statement, alone in its packet. Nothing where the connection was lost before it had
/// an answer.
std::optional<Answer> MysqlSession::ask_statement(const Script& script,
                                                  const Statement& statement) {
  std::vector<Answer> answers =
      connection_.ask(script.text_of(statement), {.grace = kGraceOfWork,
                                                  .statements = Connection::Statements::one,
                                                  .keep = Connection::Keep::nothing});
  if (answers.empty() || (connection_.lost() && !answers.back().refusal)) return std::nullopt;
  return std::move(answers.back());
}

/// What is ours in front of the statement, in its packet: whoever was frozen before that was sent,
/// or while it was on its way, doesn't come to the statement. A text with a semicolon has its own
/// packet, and with it the moment in between, which the server's patience with a silent session
/// keeps short.
std::optional<Answer> MysqlSession::ask_behind(const Preamble& ours, const Script& script,
                                               const Statement& statement) {
  const std::string_view sql = script.text_of(statement);
  const std::size_t own_count = ours.statements.size();
  std::string packet = fmt::format("{}", fmt::join(ours.statements, ";\n"));
  const bool in_one = sql.find(';') == std::string_view::npos;
  if (in_one) packet += fmt::format(";\n{}", sql);
  std::vector<Answer> answers =
      connection_.ask(packet,
                      {.grace = kGraceOfWork,
                       .cancel = in_one ? Connection::Cancel::yes : Connection::Cancel::no,
                       .keep = Connection::Keep::nothing},
                      [&](std::size_t count) {
                        if (count == own_count) ours.committed();
                      });
  const std::size_t taken = take_ours(answers, own_count);
  if (!in_one && !connection_.lost()) return ask_statement(script, statement);
  if (taken == answers.size() || (connection_.lost() && !answers.back().refusal)) {
    return std::nullopt;
  }
  return std::move(answers.back());
}

/// Throws what it means that one of ours was refused. Returns how many of the answers are theirs.
std::size_t MysqlSession::take_ours(const std::vector<Answer>& answers, std::size_t count) {
  const std::size_t taken = std::min(answers.size(), count);
  if (taken == 0 || !answers[taken - 1].refusal) return taken;
  const ServerWords& words = *answers[taken - 1].refusal;
  connection_.roll_back();
  if (words.number == kInterrupted && connection_.ended_by()) throw stopped();
  if (words.number != kMoreThanOneRow) throw error_of(words, Author::ours);
  throw fenced_error("its lock");
}

void MysqlSession::tell_warnings(TransactionListener& listener) {
  if (!connection_.has_warnings()) return;
  for (const Answer& answer : connection_.ask("SHOW WARNINGS LIMIT 20", kWorking)) {
    for (std::size_t row = 0; row < answer.rows.size(); ++row) {
      listener.notice(answer.rows.text(row, 0), answer.rows.text(row, 2));
    }
  }
}

void MysqlSession::run_alone(const Script& script, const Statement& statement,
                             std::span<const Guard> guards, TransactionListener& listener) {
  run_behind({fence_of(guards), [] {}}, script, statement, listener);
}

/// At once where nothing of the script's can get into what is ours, and nothing has to be tried
/// again: in a cluster another's transaction may be certified before the note's.
void MysqlSession::note_and_run_alone(std::span<const Transaction> notes, const Script& script,
                                      const Statement& statement, TransactionListener& listener) {
  const bool is_one = script.text_of(statement).find(';') == std::string_view::npos;
  if (clustered_ || unsettled_ || !is_one || !leaves_settings_alone(script)) {
    return Session::note_and_run_alone(notes, script, statement, listener);
  }
  const auto sent_at = steady_clock::now();
  const auto tell = [&] {
    const auto took =
        std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - sent_at);
    for (std::size_t index = 0; index < notes.size(); ++index) listener.committed(index, took);
  };
  run_behind({statements_of(notes), tell}, script, statement, listener);
}

void MysqlSession::run_behind(const Preamble& ours, const Script& script,
                              const Statement& statement, TransactionListener& listener) {
  const std::string_view sql = script.text_of(statement);
  take_settings_before(script, statement);
  if (!leaves_settings_alone(sql)) {
    remember_settings();
    unsettled_ = true;
  }
  if (const std::string set = lock_timeout_sql(script.directives.lock_timeout); !set.empty()) {
    ask_or_throw(set);
  }
  try {
    const auto answer = ours.statements.empty() ? ask_statement(script, statement)
                                                : ask_behind(ours, script, statement);
    if (!answer) {
      // Such a statement may commit part by part, so nothing is known.
      Error error = lost_error(ErrorCode::outcome_unknown, connection_.last_words());
      if (connection_.ended_by() == ErrorCode::timed_out) error.code = ErrorCode::timed_out;
      throw error;
    }
    if (answer->refusal) {
      const bool cancelled = answer->refusal->number == kInterrupted && connection_.ended_by();
      if (cancelled) throw stopped();
      Error error = refusal_of(*answer->refusal, script, statement);
      if (ends_session(answer->refusal->number)) error.code = ErrorCode::outcome_unknown;
      throw error;
    }
    tell_warnings(listener);
  } catch (Error& error) {
    if (error.place.file.empty()) error.place = script.place_of(statement);
    error.statement = sql;
    tell_frozen(error);
    throw;
  }
}

}  // namespace tidegate::mysql
