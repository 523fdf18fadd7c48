#include "tidegate/database.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <iterator>

#include "catalog/all_catalogs.h"
#include "door/comebacks.h"
#include "door/connect.h"
#include "drivers/all_drivers.h"
#include "gate/gate.h"
#include "history/history_kind.h"
#include "lock/lock_protocol.h"
#include "run/interruptions.h"
#include "run/migrator.h"

namespace tidegate {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLookLimit{10'000};
std::string host_and_pid() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return fmt::format("{}:{}", host.data(), getpid());
}

std::string shown_with(const DatabaseUrl& url, const std::string& schema) {
  return schema.empty() ? url.shown : fmt::format("{} schema {}", url.shown, schema);
}

}  // namespace

/// A session between two uses of it.
struct Shelf {
  std::unique_ptr<Session> session;
};

/// What one database needs, composed once.
struct Database::Parts {
  DatabaseSettings settings;
  Reporter& reporter;
  const Clock& clock;
  std::stop_token stop;
  const Driver& driver;
  DatabaseUrl url;
  std::string shown;
  std::shared_ptr<Shelf> shelf = std::make_shared<Shelf>();  ///< siblings share it

  Parts(DatabaseSettings given, Reporter& told, const Clock& the_clock, std::stop_token the_stop)
      : settings(std::move(given)),
        reporter(told),
        clock(the_clock),
        stop(std::move(the_stop)),
        driver(driver_for(settings.url)),
        url(driver.parse(settings.url)) {
    if (settings.holder.empty()) settings.holder = host_and_pid();
    if (!settings.schema.empty()) go_to_schema();
    shown = shown_with(url, settings.schema);
    if (settings.history_schema.empty()) settings.history_schema = settings.schema;
    if (!settings.history_schema.empty() && !driver.has_schemas()) {
      throw Error(ErrorCode::usage, fmt::format("{} has no schemas", driver.name()),
                  settings.schema.empty()
                      ? "leave out --history-schema"
                      : "leave out --schema; a file of its own keeps tenants apart");
    }
  }

  /// Where a tenant's schema is a database, all is as if the URL named that one.
  void go_to_schema() {
    auto database = driver.database_of_schema(url, settings.schema);
    if (!database) return;
    url = *std::move(database);
    settings.schema.clear();
  }

  ConnectOptions connect_options() const {
    ConnectOptions options;
    options.application_name = "tidegate " + settings.holder;
    options.schema = settings.schema;
    options.deadline = clock.now() + kLookLimit;
    options.stop = stop;
    return options;
  }

  HistoryName history_name(const HistoryKind& kind) const {
    return {
        std::string(driver.name()), settings.history_schema,
        settings.history_table.empty() ? std::string(kind.usual_table) : settings.history_table};
  }

  LockName lock_name(const HistoryKind& kind) const {
    const HistoryName history = history_name(kind);
    return {history.engine, url.database, history.schema, history.table, settings.holder};
  }

  const LockProtocol& protocol(const HistoryKind& kind, const Server& server) const {
    return lock_protocol(settings.lock, driver.name(), kind.name, server);
  }

  std::function<std::unique_ptr<LockView>(const Server&)> view_maker(
      const HistoryKind& kind) const {
    // A name that doesn't exist is wrong before anything is sent.
    protocol(kind, {});
    return [this, &kind](const Server& server) {
      return protocol(kind, server).make_view(lock_name(kind));
    };
  }

  const HistoryKind& writable_kind(const MigrationSet& set) const {
    const HistoryKind& kind = history_kind(set.format);
    if (kind.make_writer != nullptr) return kind;
    throw Error(ErrorCode::usage,
                fmt::format("Tidegate reads {} migrations, but doesn't run them", kind.name),
                "let that tool migrate, and put 'tidegate wait' in front of the service");
  }

  void sleep(milliseconds pause) const {
    clock.sleep_until(clock.now() + pause, stop);
    if (stop.stop_requested()) throw Error(ErrorCode::interrupted, "stopped while waiting");
  }

  /// Calls `use(gate)` with a gate that looks at this database.
  template <typename Use>
  auto with_gate(const MigrationSet& set, const Use& use) const {
    const HistoryKind& kind = history_kind(set.format);
    const auto reader = kind.make_reader(history_name(kind));
    const auto connect = [this](TimePoint deadline) {
      ConnectOptions options = connect_options();
      // What is read is named with its schema, and a pooler would keep the path for others.
      options.schema.clear();
      options.deadline = deadline;
      return driver.open_reader(url, options);
    };
    Gate gate({connect, *reader, view_maker(kind), reporter, clock, stop, shown});
    return use(gate);
  }

  /// What the next run would find of interrupted statements, noted in `history` as it would.
  std::vector<Finding> settle(const MigrationSet& set, History& history) const {
    const Catalog* catalog = find_catalog(driver.name());
    if (catalog == nullptr || find_interruptions(set, history).empty()) return {};
    const auto reader = driver.open_reader(url, connect_options());
    return settle_interruptions(*reader, *catalog, set, history).findings;
  }

  /// Calls `use(migrator)` with a migrator on a session of its own.
  template <typename Use>
  void with_migrator(const MigrationSet& set, const Patience& patience, Waiting* waiting,
                     const Use& use) const {
    const HistoryKind& kind = writable_kind(set);
    const auto make_view = view_maker(kind);
    auto owned = take_session(patience);
    Session* const session = owned.get();
    session->limit_to(kNever, stop);
    const auto reader = kind.make_reader(history_name(kind));
    const auto open_another = [&](TimePoint deadline, std::stop_token stopped) {
      ConnectOptions options = connect_options();
      options.deadline = deadline;
      options.stop = std::move(stopped);
      return driver.open_session(url, options);
    };
    const auto make_lock = [&](const Server& server) {
      return protocol(kind, server)
          .make_lock({*session, open_another, clock, stop, lock_name(kind)});
    };
    const auto make_writer = [&](const std::string& schema) {
      HistoryName name = history_name(kind);
      if (!schema.empty()) name.schema = schema;
      name.schema_is_absent = schema.empty() && !name.schema.empty();
      return kind.make_writer(name);
    };
    Migrator migrator({*session, make_lock, make_view, *reader, make_writer, reporter, clock, stop,
                       shown, settings.holder, settings.history_schema, waiting,
                       find_catalog(driver.name())});
    try {
      use(migrator);
    } catch (Error& error) {
      // No limit of a user's is ever the session's: one of ours has passed. The server has said
      // nothing for that long, or this process stood still. Either way that session is given up.
      if (error.code == ErrorCode::timed_out) error.code = ErrorCode::connection_lost;
      throw;
    }
    if (shelf.use_count() > 1) shelf->session = std::move(owned);
  }

  /// That of a sibling, if there is one to be had.
  std::unique_ptr<Session> take_session(const Patience& patience) const {
    if (std::unique_ptr<Session> session = std::move(shelf->session)) {
      try {
        session->limit_to(clock.now() + kLookLimit, stop);
        if (session->serve(settings.schema) == Session::Served::yes) return session;
      } catch (const Error&) {
        // It was lost meanwhile: a new one tells what there is to tell.
      }
    }
    return open_with_patience(driver, url, connect_options(), patience, reporter, clock, shown);
  }
};

Database::Database(DatabaseSettings settings, Reporter& reporter, const Clock& clock,
                   std::stop_token stop)
    : parts_(std::make_unique<Parts>(std::move(settings), reporter, clock, std::move(stop))) {}

Database::Database(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Database::~Database() = default;
Database::Database(Database&&) noexcept = default;

Database Database::sibling(std::string schema, Reporter& reporter) const {
  DatabaseSettings settings = parts_->settings;
  // What was taken from the schema is taken from the new one.
  if (settings.history_schema == settings.schema) settings.history_schema.clear();
  settings.schema = std::move(schema);
  auto parts = std::make_unique<Parts>(std::move(settings), reporter, parts_->clock, parts_->stop);
  parts->shelf = parts_->shelf;
  return Database(std::move(parts));
}

const std::string& Database::shown() const { return parts_->shown; }

std::string_view Database::engine() const { return parts_->driver.name(); }

MigrateReport Database::migrate(const MigrationSet& set, const MigrateOptions& options) {
  MigrateReport report;
  Waiting waiting;
  Comebacks comebacks(options);
  while (true) {
    try {
      std::optional<milliseconds> pause;
      parts_->with_migrator(set, comebacks.patience(waiting), &waiting, [&](Migrator& migrator) {
        pause = migrator.migrate(set, options, report);
      });
      if (!pause) return report;
      parts_->sleep(*pause);
    } catch (const Error& error) {
      const auto pause = comebacks.pause_after(error, report, parts_->clock.now());
      if (!pause || parts_->stop.stop_requested()) throw;
      parts_->reporter.report({parts_->shown, ServerAwaited{error, milliseconds(0)}});
      parts_->sleep(*pause);
    }
  }
}

Plan Database::plan(const MigrationSet& set, const Policy& policy) {
  parts_->writable_kind(set);
  return parts_->with_gate(set, [&](Gate& gate) {
    const Look look = gate.look(parts_->clock.now() + kLookLimit);
    if (look.error) throw *look.error;
    History history = look.history;
    // What a migrator has begun is its own business while it is there.
    if (look.holder) history.journal.clear();
    std::vector<Finding> settled = parts_->settle(set, history);
    Plan plan = make_plan(set, history, policy);
    std::move(settled.begin(), settled.end(), std::back_inserter(plan.warnings));
    return plan;
  });
}

Status Database::status(const MigrationSet& set, const Needs& needs) {
  return parts_->with_gate(set, [&](Gate& gate) {
    const Look look = gate.look(parts_->clock.now() + kLookLimit);
    return Status{judge(set, look, needs), look.history};
  });
}

GateState Database::wait(const MigrationSet& set, const WaitOptions& options) {
  return parts_->with_gate(set, [&](Gate& gate) { return gate.wait(set, options); });
}

std::vector<std::string> Database::schemas_like(std::string_view pattern, milliseconds limit) {
  const auto query = parts_->driver.schemas_read(pattern);
  if (!query) {
    throw Error(ErrorCode::usage, fmt::format("{} has no schemas", parts_->driver.name()),
                "leave out --schema; a file of its own keeps tenants apart");
  }
  ConnectOptions options = parts_->connect_options();
  options.schema.clear();
  const auto reader = open_with_patience(parts_->driver, parts_->url, options, {limit, limit},
                                         parts_->reporter, parts_->clock, parts_->shown);
  reader->limit_to(parts_->clock.now() + kLookLimit, parts_->stop);
  std::vector<ReadResult> results = reader->read({&*query, 1});
  if (const Error* error = std::get_if<Error>(&results.front())) throw Error(*error);
  const Rows& rows = std::get<Rows>(results.front());
  std::vector<std::string> names;
  for (std::size_t row = 0; row < rows.size(); ++row) names.push_back(rows.text(row, 0));
  return names;
}

std::vector<Version> Database::baseline(const MigrationSet& set, const Version& version) {
  if (set.find(version) == nullptr) {
    throw Error(ErrorCode::usage,
                fmt::format("there is no migration of version {}", version.text()),
                "'tidegate status' lists the versions");
  }
  std::vector<Version> recorded;
  const auto change = [&](const History& history, const HistoryWriter& writer) {
    if (!history.records.empty()) {
      throw Error(ErrorCode::blocked,
                  fmt::format("the history already has {} records", history.records.size()),
                  "a baseline is for a database that was never migrated by Tidegate");
    }
    std::vector<Query> queries;
    for (const Migration& migration : set.migrations) {
      if (version < migration.version) break;
      for (Query& query : writer.record_baseline(migration)) queries.push_back(std::move(query));
      recorded.push_back(migration.version);
    }
    return queries;
  };
  parts_->with_migrator(set, {kLookLimit, kLookLimit}, nullptr,
                        [&](Migrator& migrator) { migrator.change_history(kLookLimit, change); });
  return recorded;
}

void Database::accept(const MigrationSet& set, const Version& version) {
  const Migration* migration = set.find(version);
  if (migration == nullptr) {
    throw Error(ErrorCode::usage,
                fmt::format("there is no migration of version {}", version.text()),
                "'tidegate status' lists the versions");
  }
  const auto change = [&](const History& history, const HistoryWriter& writer) {
    if (history.find(version) == nullptr) {
      throw Error(ErrorCode::usage, fmt::format("version {} isn't applied", version.text()),
                  "there is nothing to accept: 'tidegate migrate' will apply the file as it is");
    }
    return writer.accept(*migration);
  };
  parts_->with_migrator(set, {kLookLimit, kLookLimit}, nullptr,
                        [&](Migrator& migrator) { migrator.change_history(kLookLimit, change); });
}

void Database::resolve(const MigrationSet& set, const Version& version, Interrupted answer) {
  const auto change = [&](const History& history, const HistoryWriter& writer) {
    for (JournalEntry entry : history.journal) {
      if (entry.version != version || entry.state != JournalEntry::State::started) continue;
      entry.state = answer == Interrupted::took_effect ? JournalEntry::State::done
                                                       : JournalEntry::State::failed;
      return writer.journal({&entry, 1});
    }
    throw Error(ErrorCode::usage,
                fmt::format("nothing of version {} was interrupted", version.text()),
                "'tidegate status' shows where the database is");
  };
  parts_->with_migrator(set, {kLookLimit, kLookLimit}, nullptr,
                        [&](Migrator& migrator) { migrator.change_history(kLookLimit, change); });
}

bool Database::create() {
  return parts_->driver.create_database(parts_->url, parts_->connect_options()) ==
         Driver::Existed::no;
}

bool Database::drop(bool end_other_sessions) {
  const auto force = end_other_sessions ? Driver::Force::yes : Driver::Force::no;
  return parts_->driver.drop_database(parts_->url, parts_->connect_options(), force) ==
         Driver::Existed::yes;
}

}  // namespace tidegate
