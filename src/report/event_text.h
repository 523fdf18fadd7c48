#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "report/palette.h"
#include "tidegate/reporter.h"

namespace tidegate {

/// What a text for people is: a result goes to standard output, all else to standard error.
enum class PassageKind { result, waiting, note, sql, warning, error };

/// One or more whole lines for a person.
struct Passage {
  PassageKind kind;
  std::string text;
};

enum class SqlLog { off, on };
enum class TargetNames { hidden, shown };

/// How events read in text.
struct EventTextSettings {
  Color result_color = Color::off;  ///< on standard output
  Color color = Color::off;         ///< on standard error
  SqlLog sql_log = SqlLog::off;
  /// Whether lines begin with the database they are about.
  TargetNames target_names = TargetNames::hidden;
};

/// Turns events into lines for people. Remembers what it said, so that a waiting replica's log
/// has a line when something changes and not otherwise.
///
/// Threads: one at a time.
class EventText {
 public:
  explicit EventText(const EventTextSettings& settings);

  /// What there is to say about `event`; often nothing.
  std::vector<Passage> passages(const Event& event);

  /// The name before a line about `target`: empty, or ending in `: `.
  std::string prefix(std::string_view target, PassageKind kind) const;

 private:
  /// What was said about one database.
  struct Said {
    std::string waiting;             ///< the last waiting line
    std::string holder;              ///< whom it was about
    std::chrono::milliseconds at{};  ///< when, on the wait's own clock
    std::optional<Place> statement_start;
  };

  std::optional<Passage> passage(const ServerAwaited& event, Said& said);
  std::optional<Passage> passage(const LockBusy& event, Said& said);
  std::optional<Passage> passage(const LockTaken& event, Said& said);
  std::optional<Passage> passage(const SchemaCreated& event, Said& said);
  std::optional<Passage> passage(const RunStarted& event, Said& said);
  std::optional<Passage> passage(const StepStarted& event, Said& said);
  std::optional<Passage> passage(const StatementStarted& event, Said& said);
  std::optional<Passage> passage(const StepDone& event, Said& said);
  std::optional<Passage> passage(const StepFailed& event, Said& said);
  std::optional<Passage> passage(const StepRetried& event, Said& said);
  std::optional<Passage> passage(const NothingToDo& event, Said& said);
  std::optional<Passage> passage(const RunDone& event, Said& said);
  std::optional<Passage> passage(const GateShut& event, Said& said);
  std::optional<Passage> passage(const GateOpened& event, Said& said);
  std::optional<Passage> passage(const Found& event, Said& said);
  std::optional<Passage> passage(const ServerNotice& event, Said& said);
  static std::optional<Passage> passage(const TargetsProgress& event, Said& said);
  std::optional<Passage> passage(const Ended& event, Said& said);
  std::optional<Passage> waiting_once(std::string line, Said& said) const;
  bool too_soon(std::string_view holder, std::chrono::milliseconds now, Said& said) const;

  EventTextSettings settings_;
  Palette result_palette_;
  Palette palette_;
  std::map<std::string, Said, std::less<>> said_;
};

/// `20261122120000 create_users`, or the version alone where the name is unknown.
std::string shown_migration(const Version& version, std::string_view name);

/// `waiting: orders-1 pid 12 is migrating (3/10 …) since …`, without a line end.
std::string shown_holder(const Holder& holder);

}  // namespace tidegate
