#include "simulation/host.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "simulation/execution.h"

namespace tidegate::simulation {

namespace {

// https://www.postgresql.org/docs/current/runtime-config-locks.html#GUC-DEADLOCK-TIMEOUT
constexpr std::chrono::milliseconds kDeadlockTimeout{1'000};
constexpr const char* kBusyTimeout = "5s";

Rows rows_of(const Relation& relation) {
  Rows rows(relation.columns.size());
  for (const auto& row : relation.rows) {
    for (const Value& value : *row) {
      const auto text = text_of(value);
      rows.add(text ? std::optional<std::string_view>(*text) : std::nullopt);
    }
  }
  return rows;
}

}  // namespace

std::int64_t Host::now_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(scheduler_.now().time_since_epoch())
      .count();
}

const SqlStatement& Host::parsed(const std::string& sql) {
  // The same few texts come in every story.
  static std::unordered_map<std::string, SqlStatement> all_stories;
  const auto known = parsed_.find(sql);
  if (known != parsed_.end()) return *known->second;
  std::string changed = sql;
  for (const auto& [from, to] : changes_) {
    for (std::size_t at = 0; (at = changed.find(from, at)) != std::string::npos; at += to.size()) {
      changed.replace(at, from.size(), to);
    }
  }
  auto found = all_stories.find(changed);
  if (found == all_stories.end()) {
    found = all_stories.emplace(changed, parse_sql(changed)).first;
  }
  return *parsed_.emplace(sql, &found->second).first->second;
}

void Host::restart(TimePoint back_at) {
  back_at_ = back_at;
  for (Backend* const backend : backends_) backend->terminated = true;
}

Backend::Backend(Host& host, std::string client)
    : host_(host), client_(std::move(client)), pid_(host.next_pid()), transaction_(host.tables()) {
  reset_settings();
  if (host.engine() == Engine::sqlite) settings_["lock_timeout"] = kBusyTimeout;
  host_.backends().push_back(this);
}

Backend::~Backend() { end(); }

bool Backend::holds_advisory_lock() const {
  const auto& locks = host_.advisory_locks();
  return std::any_of(locks.begin(), locks.end(),
                     [this](const auto& each) { return each.second.holder == this; });
}

void Backend::release_advisory_locks(Of whose) {
  std::erase_if(host_.advisory_locks(), [&](const auto& each) {
    return each.second.holder == this && (whose == Of::session || each.second.of_transaction);
  });
}

void Backend::finish_transaction() {
  release_advisory_locks(Of::transaction);
  local_settings_.clear();
  ++transaction_count_;
}

void Backend::roll_back() {
  transaction_.roll_back();
  finish_transaction();
}

void Backend::commit() {
  if (host_.before_commit) host_.before_commit(*this);
  const auto told = std::exchange(transaction_.news, {});
  transaction_.commit();
  finish_transaction();
  for (const auto& [topic, payload] : told) {
    for (Backend* const backend : host_.backends()) {
      const auto& wanted = backend->topics;
      if (std::find(wanted.begin(), wanted.end(), topic) != wanted.end()) {
        backend->news.push_back({payload});
      }
    }
  }
}

void Backend::end() {
  roll_back();
  release_advisory_locks(Of::session);
  std::erase(host_.backends(), this);
}

void Backend::set_config(const std::string& name, const std::string& value, bool local) {
  (local ? local_settings_ : settings_)[name] = value;
}

std::string Backend::setting(const std::string& name) const {
  const auto local = local_settings_.find(name);
  if (local != local_settings_.end()) return local->second;
  const auto of_session = settings_.find(name);
  return of_session == settings_.end() ? std::string() : of_session->second;
}

std::chrono::milliseconds Backend::time_setting(const std::string& name) const {
  const std::string text = setting(name);
  int count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  const bool seconds = text.ends_with('s') && !text.ends_with("ms");
  return std::chrono::milliseconds(seconds ? count * 1000 : count);
}

std::string Backend::virtual_transaction() const {
  return std::to_string(pid_) + "/" + std::to_string(transaction_count_);
}

bool Backend::terminate(std::int64_t pid) {
  for (Backend* const backend : host_.backends()) {
    if (backend->pid() == pid) return backend->terminated = true;
  }
  return false;
}

bool Backend::is_over() const {
  return terminated || cancel_requested || (client_is_gone && client_is_gone());
}

void Backend::throw_if_over() const {
  if (terminated) throw SqlError{"57P01", "terminating connection due to administrator command"};
  if (client_is_gone && client_is_gone()) throw SqlError{"08006", "connection to client lost"};
  if (cancel_requested) throw SqlError{"57014", "canceling statement due to user request"};
}

void Backend::sleep(std::chrono::milliseconds duration) {
  Scheduler& scheduler = host_.scheduler();
  scheduler.wait(scheduler.now() + duration, [this] { return is_over(); });
  throw_if_over();
}

bool Backend::waits_in_a_circle(const ServerTransaction* first) const {
  const auto& all = host_.backends();
  for (std::size_t depth = 0; first != nullptr && depth <= all.size(); ++depth) {
    if (first == &transaction_) return true;
    // Who it waited for may be gone by now.
    const auto found = std::find_if(
        all.begin(), all.end(), [&](const Backend* each) { return &each->transaction_ == first; });
    first = found == all.end() ? nullptr : first->waits_for;
  }
  return false;
}

void Backend::wait_until_free(const std::function<const ServerTransaction*()>& in_the_way) {
  if (in_the_way() == nullptr) return;
  Scheduler& scheduler = host_.scheduler();
  const TimePoint started = scheduler.now();
  const auto limit = time_setting("lock_timeout");
  const TimePoint until = limit.count() > 0 ? started + limit : kNever;
  while (const ServerTransaction* const other = in_the_way()) {
    transaction_.waits_for = other;
    scheduler.wait(std::min(until, scheduler.now() + kDeadlockTimeout),
                   [&] { return in_the_way() == nullptr || is_over(); });
    const bool circle = waits_in_a_circle(in_the_way());
    transaction_.waits_for = nullptr;
    throw_if_over();
    if (circle) throw SqlError{"40P01", "deadlock detected"};
    if (in_the_way() != nullptr && scheduler.now() >= until) {
      throw SqlError{"55P03", "canceling statement due to lock timeout"};
    }
  }
}

void Backend::begin(const SqlStatement& statement) {
  if (statement.immediate) {
    wait_until_free([this] { return host_.tables().only_writer; });
    host_.tables().only_writer = &transaction_;
  }
  transaction_.explicitly_begun = true;
  transaction_.deferrable = statement.deferrable;
}

Rows Backend::execute_parsed(const SqlStatement& statement,
                             const std::vector<Parameter>& parameters) {
  using Kind = SqlStatement::Kind;
  const bool failed = transaction_.failed;
  if (statement.kind == Kind::rollback || (statement.kind == Kind::commit && failed)) {
    roll_back();
    return Rows(0);
  }
  if (failed) throw SqlError{"25P02", "current transaction is aborted"};
  if (statement.kind == Kind::begin) {
    begin(statement);
    return Rows(0);
  }
  if (statement.kind == Kind::commit) {
    commit();
    return Rows(0);
  }
  Rows rows = rows_of(Execution(*this, parameters).run(statement));
  if (!transaction_.explicitly_begun) commit();
  return rows;
}

Rows Backend::execute(const std::string& sql, const std::vector<Parameter>& parameters) {
  busy = true;
  last_sql = sql;
  try {
    throw_if_over();
    Rows rows = execute_parsed(host_.parsed(sql), parameters);
    busy = false;
    return rows;
  } catch (const SqlError&) {
    busy = false;
    cancel_requested = false;
    if (transaction_.explicitly_begun) {
      transaction_.failed = true;
    } else {
      roll_back();
    }
    throw;
  }
}

}  // namespace tidegate::simulation
