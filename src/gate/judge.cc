#include <fmt/format.h>

#include "base/stopped_process.h"
#include "plan/blocks.h"
#include "tidegate/gate.h"

namespace tidegate {

namespace {

bool is_needed(const Migration& migration, const Needs& needs) {
  if (needs.up_to && *needs.up_to < migration.version) return false;
  // A contract migration runs when the last old replica is gone. A new replica that waited for it
  // would keep the old one from going.
  return migration.up.directives.phase == Phase::expand ||
         (needs.up_to && *needs.up_to == migration.version);
}

void count(const MigrationSet& set, const History& history, const Needs& needs, GateState& state) {
  for (const Migration& migration : set.migrations) {
    if (!is_needed(migration, needs)) continue;
    ++state.needed_count;
    const bool there = history.find(migration.version) != nullptr &&
                       undo_in_progress(history, migration.version) == nullptr;
    if (there) {
      ++state.recorded_count;
    } else {
      state.missing.push_back(migration.version);
    }
  }
  for (const Record& record : history.records) {
    if (set.find(record.version) == nullptr) state.ahead.push_back(record.version);
  }
}

GateState of_error(const Error& error) {
  GateState state;
  state.reason = error.message;
  state.recipe = error.hint;
  switch (error.code) {
    case ErrorCode::no_database:
      state.verdict = Verdict::no_database;
      break;
    case ErrorCode::no_permission:
    case ErrorCode::read_only:
      state.verdict = Verdict::blocked;  // A right may be granted while we wait.
      break;
    case ErrorCode::foreign_table:
    case ErrorCode::not_a_database:
      state.verdict = Verdict::blocked;
      state.findings.push_back(
          {Severity::error, std::string(to_string(error.code)), {}, error.message, error.hint});
      break;
    default:
      state.verdict = Verdict::unreachable;
  }
  return state;
}

// A recorded failure counts while the migration that failed is still missing and its file is still
// the one that failed: a mended file deserves a try.
bool failure_stands(const MigrationSet& set, const GateState& state) {
  if (!state.last_run || state.last_run->state != RunState::failed) return false;
  for (const Version& version : state.missing) {
    if (version.text() != state.last_run->migration) continue;
    const Migration* migration = set.find(version);
    return migration == nullptr || state.last_run->checksum.empty() ||
           state.last_run->checksum == migration->up.checksum;
  }
  return false;
}

std::string missing_text(const GateState& state) {
  return fmt::format("{} of {} needed migrations missing, the first is {}", state.missing.size(),
                     state.needed_count, state.missing.front().text());
}

// Statements that were begun and not ended, and undos, while nobody is at them.
void find_questions(const MigrationSet& set, const History& history, GateState& state) {
  for (const Version& version : state.missing) {
    const Migration* migration = set.find(version);
    if (const JournalEntry* entry = undo_in_progress(history, version)) {
      state.findings.push_back(half_reverted_finding(*migration, *entry));
      continue;
    }
    const JournalEntry* entry = begun_entry(history, version);
    if (entry == nullptr || may_be_settled(migration->up, *entry)) continue;
    state.findings.push_back(interrupted_finding(*migration, migration->up, *entry));
  }
}

std::string settled_text(const MigrationSet& set, const History& history, const GateState& state) {
  for (const Version& version : state.missing) {
    const JournalEntry* entry = begun_entry(history, version);
    if (entry == nullptr) continue;
    const Migration* migration = set.find(version);
    return fmt::format(
        "; {} was interrupted: {}, and the next run learns from the catalog what became of "
        "statement {}",
        title_of(version, migration->name), done_text(migration->up, *entry), entry->statement);
  }
  return {};
}

void judge_missing(const MigrationSet& set, const History& history, GateState& state) {
  if (state.holder) {
    state.verdict = Verdict::running;
    state.reason = fmt::format("{} is migrating", state.holder->who);
    if (!state.holder->progress.empty())
      state.reason += fmt::format(" ({})", state.holder->progress);
    if (state.holder->stopped_process) {
      state.recipe = stopped_text(*state.holder->stopped_process);
    }
    state.reason += "; " + missing_text(state);
  } else if (failure_stands(set, state)) {
    state.verdict = Verdict::failed;
    state.reason = fmt::format("{} failed: {}", state.last_run->migration, state.last_run->error);
    state.recipe = "mend that migration and run 'tidegate migrate' again";
  } else if (state.last_run && state.last_run->state == RunState::running) {
    state.verdict = Verdict::stalled;
    state.reason = fmt::format(
        "{} stopped in the middle of a run begun at {}, and nobody has taken "
        "over; {}",
        state.last_run->holder, state.last_run->started_at, missing_text(state));
    state.recipe = "run 'tidegate migrate' again";
  } else if (history.state == History::State::absent) {
    state.verdict = Verdict::no_history;
    state.reason = "this database was never migrated, and nobody is at it";
    state.recipe = "run 'tidegate migrate'";
  } else {
    state.verdict = Verdict::pending;
    state.reason = missing_text(state) + ", and nobody is migrating";
    state.recipe = "run 'tidegate migrate'";
  }
}

void judge_complete(GateState& state) {
  state.verdict = state.ahead.empty() ? Verdict::open : Verdict::ahead;
  state.reason = fmt::format("all {} needed migrations are applied", state.needed_count);
  if (!state.ahead.empty()) {
    state.reason += fmt::format("; the database knows {} more, the newest is {}",
                                state.ahead.size(), state.ahead.back().text());
  }
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::unreachable:
      return "unreachable";
    case Verdict::no_database:
      return "no_database";
    case Verdict::no_history:
      return "no_history";
    case Verdict::pending:
      return "pending";
    case Verdict::running:
      return "running";
    case Verdict::failed:
      return "failed";
    case Verdict::stalled:
      return "stalled";
    case Verdict::open:
      return "open";
    case Verdict::ahead:
      return "ahead";
    case Verdict::too_old:
      return "too_old";
    case Verdict::blocked:
      return "blocked";
  }
  return "unreachable";
}

bool is_open(Verdict verdict) { return verdict == Verdict::open || verdict == Verdict::ahead; }

GateState judge(const MigrationSet& set, const Look& look, const Needs& needs) {
  GateState state = look.error ? of_error(*look.error) : GateState();
  state.holder = look.holder;
  state.last_run = look.history.last_run;
  if (look.error && look.holder) {
    state.verdict = Verdict::running;
    state.reason = fmt::format("{} is migrating; {}", look.holder->who, look.error->message);
    state.recipe.clear();
  }
  if (look.error) return state;

  count(set, look.history, needs, state);
  for (const Record& record : look.history.records) {
    if (record.floor && (!state.floor || *state.floor < *record.floor)) state.floor = record.floor;
  }
  state.findings = find_blocks(set, look.history);
  if (state.findings.empty() && !state.holder) find_questions(set, look.history, state);
  if (!state.findings.empty()) {
    const Finding& first = state.findings.front();
    state.verdict = floor_above(set, look.history) != nullptr ? Verdict::too_old : Verdict::blocked;
    const Finding& told = state.verdict == Verdict::too_old ? state.findings.back() : first;
    state.reason = told.message;
    state.recipe = told.recipe;
  } else if (state.missing.empty()) {
    judge_complete(state);
  } else {
    judge_missing(set, look.history, state);
    if (!state.holder) state.reason += settled_text(set, look.history, state);
  }
  return state;
}

}  // namespace tidegate
