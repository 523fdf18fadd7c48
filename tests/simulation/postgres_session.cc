#include "simulation/postgres_session.h"

#include <algorithm>
#include <utility>

#include "base/application_name.h"
#include "drivers/postgres/errors.h"
#include "drivers/postgres/fence.h"

namespace tidegate::simulation {

namespace {

using postgres::Author;
using postgres::Item;
using postgres::Items;
using postgres::Purpose;

constexpr std::chrono::seconds kLongestSleepOfMigrator{10};

Error refusal(const SqlError& error, Author author) {
  Error made(postgres::code_of(error.sqlstate, author), error.message);
  made.server_code = error.sqlstate;
  return made;
}

/// One run of transactions over a connection.
class Run {
 public:
  Run(Connection& connection, std::span<const tidegate::Transaction> transactions, Items items,
      TransactionListener& listener)
      : connection_(connection),
        transactions_(transactions),
        items_(std::move(items)),
        listener_(listener) {}

  TransactionsResult run(const PostgresSession::Options& options) {
    start(0);
    while (!result_.error && items_.peek() != nullptr) {
      try {
        burst(options);
      } catch (const Error& error) {
        result_.error = error;
      }
    }
    if (result_.error && !connection_.lost() && begun_) roll_back();
    return std::move(result_);
  }

 private:
  struct Sent {
    Purpose purpose;
    std::size_t transaction;
    std::size_t index;
    bool starts_statement;
  };

  void burst(const PostgresSession::Options& options) {
    std::vector<Request> requests;
    bool keeps_next = false;
    std::size_t in_piece = 0;
    while (const Item* item = items_.peek()) {
      const bool full = requests.size() >= options.burst_size && !keeps_next;
      if (full || (item->way != postgres::Way::pipelined && !sent_.empty())) break;
      if (item->way == postgres::Way::refused) {
        result_.error = Error(ErrorCode::statement_failed, "the script ends the transaction");
        break;
      }
      if (in_piece >= options.piece_size && !keeps_next) {
        if (item->purpose == Purpose::begin || items_.pooled()) break;
        begin_piece(requests, *item, options);
        in_piece = 0;
      }
      requests.push_back({text_of_item(*item), item->parameters});
      sent_.push_back({item->purpose, item->transaction, item->index, item->starts_statement});
      if (item->purpose == Purpose::commit) commits_sent_ = item->transaction + 1;
      keeps_next = item->keeps_next && options.keeps_settings_together;
      items_.pop();
      ++in_piece;
    }
    if (requests.empty()) return;
    begun_ = true;
    requests.emplace_back();
    sent_.push_back({Purpose::sync, 0, 0, false});
    connection_.send(std::move(requests));
    while (const auto reply = connection_.receive()) {
      const Sent sent = sent_.front();
      sent_.pop_front();
      if (!reply->is_sync) take(sent, *reply);
      if (sent_.empty()) return;
    }
    if (!result_.error) take_lost();
  }

  void begin_piece(std::vector<Request>& requests, const Item& next,
                   const PostgresSession::Options& options) {
    requests.emplace_back();
    sent_.push_back({Purpose::sync, 0, 0, false});
    if (!options.proves_each_piece) return;
    requests.push_back({Items::proof(next.transaction).sql, {}});
    sent_.push_back({Purpose::intact, next.transaction, 0, false});
  }

  std::string text_of_item(const Item& item) const {
    if (item.purpose != Purpose::statement) return item.sql;
    const Script& script = *transactions_[item.transaction].script;
    return std::string(script.text_of(script.statements[item.index]));
  }

  void roll_back() {
    connection_.limit_to(kNever, {});
    connection_.send({{"ROLLBACK"}, {}});
    while (const auto reply = connection_.receive()) {
      if (reply->is_sync) return;
    }
  }

  void take(const Sent& sent, const Reply& reply) {
    if (result_.error || reply.skipped) return;
    if (reply.error) {
      result_.error = refused(sent, *reply.error);
      return;
    }
    while (started_ <= sent.transaction) start(started_);
    if (sent.starts_statement) listener_.statement_started(sent.transaction, statement_++);
    if (sent.purpose != Purpose::commit) return;
    while (result_.committed_count <= sent.transaction) {
      listener_.committed(result_.committed_count++, std::chrono::microseconds(1));
    }
    start(sent.transaction + 1);
  }

  Error refused(const Sent& sent, const SqlError& error) const {
    if (error.sqlstate == "57014" && connection_.ended_by()) {
      return {*connection_.ended_by(), "stopped on request"};
    }
    const bool check = sent.purpose == Purpose::guard || sent.purpose == Purpose::intact;
    if (check && error.sqlstate == "22012") {
      return {ErrorCode::fenced, "another replica took over"};
    }
    return refusal(error, sent.purpose == Purpose::statement ? Author::migration : Author::ours);
  }

  void take_lost() {
    const bool died_before_commit = !connection_.last_sqlstate().empty() && !sent_.empty() &&
                                    sent_.front().purpose != Purpose::commit;
    const bool unknown = commits_sent_ > result_.committed_count && !died_before_commit;
    result_.error = Error(unknown ? ErrorCode::outcome_unknown : ErrorCode::connection_lost,
                          "the connection is gone");
    if (!unknown && connection_.ended_by()) {
      result_.error = Error(*connection_.ended_by(), "stopped on request");
    }
  }

  void start(std::size_t transaction) {
    if (transaction >= transactions_.size() || transaction < started_) return;
    started_ = transaction + 1;
    statement_ = 0;
    listener_.transaction_started(transaction);
  }

  Connection& connection_;
  std::span<const tidegate::Transaction> transactions_;
  Items items_;
  TransactionListener& listener_;
  std::deque<Sent> sent_;
  std::size_t commits_sent_ = 0;
  std::size_t started_ = 0;
  std::size_t statement_ = 0;
  bool begun_ = false;
  TransactionsResult result_;
};

}  // namespace

PostgresSession::PostgresSession(Host& host, Process& process, Options options)
    : process_(process),
      connection_(host, options.pool, process),
      settings_(connection_.backend_pid()),
      application_name_("tidegate " + process.name()),
      options_(options) {}

void PostgresSession::limit_to(TimePoint deadline, std::stop_token stop) {
  connection_.limit_to(deadline, std::move(stop));
}

Error PostgresSession::lost(ErrorCode code) const {
  if (connection_.ended_by()) return {*connection_.ended_by(), "stopped on request"};
  Error error(code, "the connection is gone");
  error.server_code = connection_.last_sqlstate();
  return error;
}

// The driver's: who was frozen for so long must not come back to the history by itself.
void PostgresSession::tell_frozen(Error& error) const {
  const std::string& code = connection_.last_sqlstate();
  if (error.session_usable() || (code != "57P05" && code != "25P03")) return;
  error.code = ErrorCode::fenced;
  error.message = "this process was stopped for so long that the server ended its session";
}

// In one packet, and a Sync behind each read: a transaction of its own. A pooler gets one by one.
std::vector<ReadResult> PostgresSession::read(std::span<const Query> queries) {
  if (options_.pool != nullptr && queries.size() > 1) {
    std::vector<ReadResult> results;
    for (const Query& query : queries) results.push_back(std::move(read({&query, 1}).front()));
    return results;
  }
  std::vector<Request> requests;
  for (const Query& query : queries) {
    requests.push_back({query.sql, query.parameters});
    requests.emplace_back();
  }
  connection_.send(std::move(requests));
  bool stopped = false;
  std::vector<ReadResult> results;
  for (std::size_t left = queries.size() * 2; left > 0; --left) {
    auto reply = connection_.receive();
    if (!reply) throw lost(ErrorCode::connection_lost);
    if (reply->is_sync) continue;
    stopped |= reply->error && reply->error->sqlstate == "57014" && connection_.ended_by();
    if (reply->error) {
      results.emplace_back(refusal(*reply->error, Author::ours));
    } else {
      results.emplace_back(std::move(reply->rows));
    }
  }
  if (stopped) throw lost(ErrorCode::connection_lost);
  return results;
}

tidegate::Server PostgresSession::server() {
  const bool pooled = options_.pool != nullptr;
  return {.route = pooled ? tidegate::Server::Route::pooled : tidegate::Server::Route::direct,
          .locks = options_.locks,
          .product = "PostgreSQL"};
}

Reply PostgresSession::send_alone(const Query& query, ErrorCode when_lost) {
  connection_.send({{query.sql, query.parameters}, {}});
  auto reply = connection_.receive();
  if (!reply || !connection_.receive()) {
    if (!connection_.last_sqlstate().empty()) throw lost(ErrorCode::connection_lost);
    throw lost(when_lost);
  }
  if (reply->error && reply->error->sqlstate == "57014" && connection_.ended_by()) {
    throw lost(when_lost);
  }
  return std::move(*reply);
}

void PostgresSession::subscribe(std::string_view topic) {
  if (options_.pool != nullptr) return;
  send_alone({"LISTEN \"" + std::string(topic) + '"'}, ErrorCode::connection_lost);
}

std::vector<News> PostgresSession::wait_for_news(TimePoint until) {
  if (migrates_) until = std::min(until, process_.clock().now() + kLongestSleepOfMigrator);
  return connection_.wait_for_news(until);
}

// As the driver does it, with those of its settings that mean something here.
void PostgresSession::become_migrator() {
  std::vector<postgres::Setting> wanted = {{"application_name", application_name_}};
  for (const postgres::Setting& setting : postgres::migrator_settings()) {
    const bool idle = setting.name.starts_with("idle_");
    const bool known = idle || setting.name == "lock_timeout" ||
                       setting.name == "client_connection_check_interval";
    if (known && (options_.ends_when_idle || !idle)) wanted.push_back(setting);
  }
  std::vector<Query> queries;
  for (const postgres::Setting& setting : wanted) {
    queries.push_back(settings_.set_if_known(setting));
    settings_.keep(setting);
  }
  // Behind a pooler all are set at once.
  if (options_.pool != nullptr) queries.resize(1);
  read(queries);
  if (options_.pool != nullptr) {
    settings_.be_pooled();
  } else {
    settings_.set_origin({"app", "none", "public"});
  }
  migrates_ = true;
}

Rows PostgresSession::execute(const Query& query) {
  if (settings_.pooled() && postgres::begins_transaction(query.sql)) {
    const Reply reply = send_fenced({query}, settings_.set_all());
    if (reply.error) throw refusal(*reply.error, Author::ours);
    return Rows(0);
  }
  Reply reply = send_alone(query, ErrorCode::outcome_unknown);
  if (reply.error) throw refusal(*reply.error, Author::ours);
  return std::move(reply.rows);
}

TransactionsResult PostgresSession::run(std::span<const tidegate::Transaction> transactions,
                                        TransactionListener& listener) {
  Items items(transactions, settings_, application_name_, Items::Settled::yes);
  TransactionsResult result =
      Run(connection_, transactions, std::move(items), listener).run(options_);
  if (result.error) tell_frozen(*result.error);
  return result;
}

// As the driver: one burst with one Sync.
Reply PostgresSession::send_fenced(const std::vector<Query>& fence, const std::string& sql) {
  std::vector<Request> requests;
  for (const Query& query : fence) requests.push_back({query.sql, query.parameters});
  requests.push_back({sql, {}});
  requests.emplace_back();
  connection_.send(std::move(requests));
  std::optional<SqlError> refused;
  std::optional<Reply> reply;
  for (std::size_t left = fence.size() + 1; left > 0; --left) {
    reply = connection_.receive();
    if (!reply) throw lost(ErrorCode::outcome_unknown);
    if (left > 1 && reply->error) refused = reply->error;
  }
  if (!connection_.receive()) throw lost(ErrorCode::outcome_unknown);
  const auto& error = refused ? refused : reply->error;
  const auto stopped_by = connection_.ended_by();
  if (refused) {
    connection_.limit_to(kNever, {});
    send_alone({"ROLLBACK"}, ErrorCode::connection_lost);
  }
  if (error && error->sqlstate == "57014" && stopped_by) {
    throw Error(*stopped_by, "stopped on request");
  }
  if (!refused) return std::move(*reply);
  if (refused->sqlstate == postgres::kDivisionByZero) {
    throw Error(ErrorCode::fenced, "another replica took over");
  }
  throw refusal(*refused, Author::ours);
}

void PostgresSession::run_alone(const Script& script, const Statement& statement,
                                std::span<const Guard> guards, TransactionListener&) {
  try {
    const auto fence =
        postgres::fence_before(script, statement, guards, settings_, application_name_);
    const Reply reply = send_fenced(fence, std::string(script.text_of(statement)));
    if (reply.error) throw refusal(*reply.error, Author::migration);
  } catch (Error& error) {
    // Such a statement may commit piece by piece, so even a last word doesn't mean "undone".
    if (error.code == ErrorCode::connection_lost) error.code = ErrorCode::outcome_unknown;
    tell_frozen(error);
    throw;
  }
}

}  // namespace tidegate::simulation
