#include "drivers/mysql/transactions.h"

#include <fmt/format.h>

#include <utility>

#include "drivers/fenced.h"
#include "drivers/mysql/code_work.h"
#include "drivers/mysql/literal.h"
#include "drivers/mysql/place.h"
#include "drivers/mysql/statement_kind.h"

namespace tidegate::mysql {
namespace {

using std::chrono::steady_clock;

/// Far below any server's max_allowed_packet.
constexpr std::size_t kPacketBytes = 60'000;

constexpr std::string_view kSavepoint = "tidegate_intact";

/// How a run ends whose `result_` says why.
struct Ended {};

}  // namespace

TransactionRun::TransactionRun(MysqlSession& session, std::span<const Transaction> transactions,
                               std::size_t first, TransactionListener& listener)
    : session_(session), transactions_(transactions), listener_(listener), index_(first) {
  result_.committed_count = first;
}

bool TransactionRun::is_part_of_earlier() const {
  return index_ > 0 && transactions_[index_ - 1].commit == Transaction::Commit::with_next;
}

/// The last one has nothing to be committed with.
bool TransactionRun::commits_here() const {
  return index_ + 1 == transactions_.size() || current().commit == Transaction::Commit::here;
}

void TransactionRun::add(Purpose purpose, std::string sql, std::string shown) {
  if (size_bytes_ + sql.size() > kPacketBytes && purpose != Purpose::commit) flush();
  size_bytes_ += sql.size();
  items_.push_back({purpose, index_, std::move(sql), std::move(shown)});
}

void TransactionRun::add_begin() {
  // What is ours alone waits as long as whatever was before it: it hardly ever has to.
  if (current().lock_timeout || !session_.lock_timeout_) {
    const std::string set = session_.lock_timeout_sql(current().lock_timeout);
    if (!set.empty()) add(Purpose::begin, set);
  }
  if (!is_part_of_earlier()) add(Purpose::begin, "START TRANSACTION");
  const bool has_script = current().script != nullptr;
  if (has_script) add(Purpose::begin, fmt::format("SAVEPOINT {}", kSavepoint));
  add_guards(has_script ? Stamped::no : Stamped::yes);
}

std::string refused_unless(const std::string& condition) {
  return fmt::format("SELECT IF(({}), 1, (SELECT 1 UNION ALL SELECT 2))", condition);
}

std::string refused_unless(const Guard& guard) {
  return refused_unless(bound(guard.expression, guard.parameters));
}

void TransactionRun::add_guards(Stamped stamped) {
  for (const Guard& guard : current().guards) {
    add(Purpose::guard, refused_unless(guard), guard.expression);
    if (stamped == Stamped::yes && !guard.stamp.empty()) add(Purpose::record, guard.stamp);
  }
}

namespace {

/// The table's name, in backticks. Nodes of a cluster that look for a table at the moment in which
/// it is made may leave it unmade, and the CREATE succeeds all the same.
std::string_view table_made_by(std::string_view sql) {
  constexpr std::string_view kMakes = "CREATE TABLE IF NOT EXISTS ";
  if (!sql.starts_with(kMakes)) return {};
  sql.remove_prefix(kMakes.size());
  return sql.substr(0, sql.find(" ("));
}

}  // namespace

void TransactionRun::add_end() {
  if (current().script != nullptr) {
    add(Purpose::intact, fmt::format("RELEASE SAVEPOINT {}", kSavepoint));
    add_guards(Stamped::yes);
  }
  for (const Query& query : current().epilogue) {
    add(Purpose::record, bound(query), query.sql);
    // The making of our own tables commits by itself; what comes behind it belongs together again.
    if (!query.sql.starts_with("CREATE ")) continue;
    if (const auto table = table_made_by(query.sql); !table.empty()) {
      add(Purpose::record, fmt::format("SELECT 1 FROM {} LIMIT 0", table));
    }
    add(Purpose::begin, "START TRANSACTION");
    add_guards(Stamped::yes);
  }
  if (commits_here()) add(Purpose::commit, "COMMIT");
}

TransactionsResult TransactionRun::run() {
  try {
    for (; index_ < transactions_.size(); ++index_) {
      add_begin();
      run_script();
      add_end();
    }
    flush();
  } catch (const Ended&) {
    session_.connection_.roll_back();
  } catch (const Error& error) {
    // Nothing was sent: a stop or a deadline that came in between.
    result_.error = error;
    session_.connection_.roll_back();
  }
  return std::move(result_);
}

void TransactionRun::run_script() {
  const Script* script = current().script;
  if (script == nullptr) return;
  if (script->code) return run_code(*script);
  if (script->statements.empty()) return;
  const std::size_t first = current().statement.value_or(0);
  const std::size_t end = current().statement ? first + 1 : script->statements.size();
  flush();
  const bool sets = !leaves_settings_alone(*script);
  if (sets) session_.remember_settings();
  session_.unsettled_ = session_.unsettled_ || sets;
  for (std::size_t i = current().statement ? 0 : first; i < end; ++i) {
    const Statement& statement = script->statements[i];
    // One statement alone has the settings of those before it.
    if (i < first && !sets_something(script->text_of(statement))) continue;
    if (i >= first) listener_.statement_started(index_, current().statement ? 0 : i);
    run_statement(*script, statement);
  }
  if (sets) session_.restore_settings();
}

void TransactionRun::run_code(const Script& script) {
  flush();
  session_.remember_settings();
  session_.unsettled_ = true;
  listener_.statement_started(index_, 0);
  std::optional<Error> failure = MysqlCodeWork(session_.connection_).perform(script);
  if (!failure) return session_.restore_settings();
  result_.error = std::move(failure);
  throw Ended();
}

void TransactionRun::run_statement(const Script& script, const Statement& statement) {
  const std::string_view sql = script.text_of(statement);
  if (ends_transaction(sql)) {
    Error error(ErrorCode::statement_failed,
                "a migration can't end the transaction that it runs in", "remove the statement");
    error.place = script.place_of(statement);
    error.statement = sql;
    result_.error = std::move(error);
    throw Ended();
  }
  const auto answer = session_.ask_statement(script, statement);
  if (!answer) fail_lost(0);
  if (!answer->refusal) return session_.tell_warnings(listener_);
  const bool cancelled = answer->refusal->number == kInterrupted && session_.connection_.ended_by();
  Error error = cancelled ? stopped_error() : refusal_of(*answer->refusal, script, statement);
  if (error.place.file.empty()) error.place = script.place_of(statement);
  if (ends_session(answer->refusal->number)) error.code = ErrorCode::connection_lost;
  error.statement = sql;
  result_.error = std::move(error);
  throw Ended();
}

Error TransactionRun::stopped_error() const { return session_.stopped(); }

void TransactionRun::flush() {
  if (items_.empty()) return;
  std::string packet;
  packet.reserve(size_bytes_ + 2 * items_.size());
  for (const Item& item : items_) {
    if (!packet.empty()) packet += ";\n";
    packet += item.sql;
  }
  const std::vector<Item> sent = std::exchange(items_, {});
  size_bytes_ = 0;
  // Not cancelled: it is short, and how it ended is what matters most.
  const std::vector<Answer> answers =
      session_.connection_.ask(packet, {.grace = kGraceOfWork, .cancel = Connection::Cancel::no});
  for (std::size_t index = 0; index < answers.size(); ++index) take(sent[index], answers[index]);
  if (answers.size() == sent.size()) return;
  // Asked in `fail_lost`: whether a COMMIT may have been among what has no answer.
  for (std::size_t index = answers.size(); index < sent.size(); ++index) {
    if (sent[index].purpose == Purpose::commit) fail_lost(1);
  }
  fail_lost(0);
}

void TransactionRun::take(const Item& item, const Answer& answer) {
  if (answer.refusal) fail(item, *answer.refusal);
  const bool first_of_transaction =
      started_at_.size() + result_.committed_count == item.transaction;
  if (first_of_transaction) {
    started_at_.push_back(steady_clock::now());
    listener_.transaction_started(item.transaction);
  }
  if (item.purpose == Purpose::commit) commit_done(item.transaction);
}

void TransactionRun::commit_done(std::size_t transaction) {
  const Instant now = steady_clock::now();
  for (std::size_t each = 0; each < started_at_.size(); ++each) {
    const Instant end = each + 1 < started_at_.size() ? started_at_[each + 1] : now;
    listener_.committed(
        result_.committed_count + each,
        std::chrono::duration_cast<std::chrono::microseconds>(end - started_at_[each]));
  }
  started_at_.clear();
  result_.committed_count = transaction + 1;
}

/// One of our own statements was refused.
void TransactionRun::fail(const Item& item, const ServerWords& words) {
  Error error = error_of(words, Author::ours);
  error.statement = item.shown.empty() ? item.sql : item.shown;
  const Script* script = transactions_[item.transaction].script;
  if (ends_session(words.number)) error = lost_error(ErrorCode::connection_lost, words.message);
  if (item.purpose == Purpose::guard && words.number == kMoreThanOneRow) {
    error = fenced_error("its lock or record");
  } else if (item.purpose == Purpose::intact && words.number == kNoSuchSavepoint) {
    error.message =
        "the migration ended the transaction that it runs in: what it did stays, and isn't "
        "recorded";
    error.hint = "look at the database; then baseline, or mend the file and run it again";
    if (script != nullptr) error.place.file = script->file;
  } else if (item.purpose == Purpose::commit &&
             code_of(words.number, Author::ours) != ErrorCode::lock_timeout) {
    // "Got error 6 during COMMIT", and a commit that was interrupted, may be done on other nodes.
    error = lost_error(ErrorCode::outcome_unknown, words.message);
    error.server_code = std::to_string(words.number);
    session_.connection_.drop();
  }
  result_.error = std::move(error);
  throw Ended();
}

/// The connection is gone, with this many COMMITs among what was sent and not answered.
void TransactionRun::fail_lost(std::size_t unanswered_commits) {
  const Connection& connection = session_.connection_;
  if (unanswered_commits > 0) {
    result_.error = lost_error(ErrorCode::outcome_unknown, connection.last_words());
  } else if (connection.ended_by()) {
    result_.error = stopped_error();
  } else {
    result_.error = lost_error(ErrorCode::connection_lost, connection.last_words());
  }
  throw Ended();
}

}  // namespace tidegate::mysql
