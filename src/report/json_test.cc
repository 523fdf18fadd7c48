#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "report/json_reporter.h"
#include "report/json_values.h"
#include "report/kept_output.h"
#include "report/plan_report.h"
#include "report/status_report.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

Json schema(const std::string& name) {
  std::ifstream file(std::string(TIDEGATE_SOURCE_DIR) + "/docs/schemas/" + name + ".schema.json");
  return Json::parse(file);
}

/// Whether `value` is what `rule` says, as far as our schemas go: types, constants, objects without
/// further properties, arrays, references. tests/ asks a real validator.
class Checker {
 public:
  explicit Checker(const std::string& name) : root_(schema(name)) {}

  bool holds(const Json& value) { return holds(value, root_); }

 private:
  bool holds(const Json& value, const Json& rule) {
    if (rule.contains("$ref")) {
      const std::string name = rule["$ref"].get<std::string>().substr(8);
      if (!holds(value, root_["$defs"][name])) return false;
    }
    if (rule.contains("oneOf")) {
      int matching = 0;
      for (const Json& one : rule["oneOf"]) matching += holds(value, one) ? 1 : 0;
      if (matching != 1) return false;
    }
    if (rule.contains("const") && rule["const"] != value) return false;
    if (rule.contains("enum")) {
      const Json& known = rule["enum"];
      if (std::find(known.begin(), known.end(), value) == known.end()) return false;
    }
    if (rule.contains("type") && !has_type(value, rule["type"])) return false;
    return holds_inside(value, rule);
  }

  bool holds_inside(const Json& value, const Json& rule) {
    if (value.is_array() && rule.contains("items")) {
      for (const Json& one : value) {
        if (!holds(one, rule["items"])) return false;
      }
    }
    if (!value.is_object() || !rule.contains("properties")) return true;
    for (const Json& name : rule["required"]) {
      if (!value.contains(name.get<std::string>())) return false;
    }
    for (const auto& [name, one] : value.items()) {
      if (!rule["properties"].contains(name) || !holds(one, rule["properties"][name])) return false;
    }
    return true;
  }

  static bool has_type(const Json& value, const Json& type) {
    if (type.is_array()) {
      return std::any_of(type.begin(), type.end(),
                         [&](const Json& one) { return has_type(value, one); });
    }
    const std::string name = type;
    if (name == "integer") return value.is_number_integer();
    return name == (value.is_number() ? "number" : value.type_name());
  }

  Json root_;
};

GateState full_state(Verdict verdict) {
  GateState state;
  state.verdict = verdict;
  state.reason = "because";
  state.needed_count = 3;
  state.recorded_count = 1;
  state.missing = {Version("2"), Version("3")};
  state.ahead = {Version("9")};
  state.holder = Holder{"host pid 1", "2026-11-22T12:00:00Z", "1/2 2 pets"};
  state.last_run = Run{};
  state.floor = Version("1");
  state.findings = {{Severity::error, "edited", {"1.sql", 1, 1}, "edited", "restore it"}};
  return state;
}

std::vector<Event> every_event() {
  Error error(ErrorCode::statement_failed, "it failed", "mend it");
  error.place = {"1.sql", 1, 2};
  error.statement = "SELECT";
  error.server_code = "42601";
  error.detail = "more";
  const Version version("1");
  return {{"db", ServerAwaited{error, 1ms}},
          {"db", LockBusy{{"a", "", ""}, 1ms}},
          {"db", LockTaken{1ms}},
          {"db", SchemaCreated{"acme"}},
          {"db", RunStarted{1, Direction::up}},
          {"db", StepStarted{0, 1, version, "users", Direction::up, 2}},
          {"db", StatementStarted{0, 0, 2, {"1.sql", 1, 1}, "SELECT 1"}},
          {"db", StepDone{0, 1, version, "users", Direction::down, 1500us}},
          {"db", StepFailed{version, "users", Direction::up, error}},
          {"db", StepRetried{version, "users", error, 1, 5ms}},
          {"db", NothingToDo{1, 0ms, Direction::up}},
          {"db", RunDone{1, 3ms, Direction::up}},
          {"db", GateShut{full_state(Verdict::running), 1ms}},
          {"db", GateOpened{full_state(Verdict::ahead), 1ms}},
          {"", Found{{Severity::warning, "old", {}, "old", ""}}},
          {"", Found{{Severity::error, "bad", {"1.sql", 1, 1}, "bad", "mend it"}}},
          {"db", ServerNotice{"NOTICE", "hello"}},
          {"", TargetsProgress{3, 1000, 2, 12ms}},
          {"", TargetsProgress{4, 1000, {}, 12ms}},
          {"", Ended{Error(ErrorCode::usage, "wrong")}}};
}

TEST(JsonEvents, AreWhatTheirSchemaSays) {
  Checker checker("events");
  std::set<std::size_t> kinds;
  for (const Event& event : every_event()) {
    kinds.insert(event.what.index());
    const std::string line = json_line(event);
    EXPECT_TRUE(checker.holds(Json::parse(line))) << line;
    EXPECT_EQ(line.find('\n'), line.size() - 1);
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<decltype(Event::what)>) << "an event isn't tried";
}

TEST(JsonEvents, SurviveBytesThatAreNoText) {
  const std::string line = json_line({"db", ServerNotice{"NOTICE", "a\xff\n\x1b"}});
  EXPECT_EQ(Json::parse(line)["message"], "a\uFFFD\n\x1b");
}

TEST(JsonEvents, TellAWaitOnlyWhenItChanges) {
  KeptOutput out;
  JsonReporter reporter(Loudness::normal, out);
  for (int i = 0; i < 20; ++i) {
    reporter.report({"db", GateShut{full_state(Verdict::pending), i * 100ms}});
  }
  reporter.report({"db", GateShut{full_state(Verdict::running), 2s}});
  EXPECT_EQ(std::count(out.text.begin(), out.text.end(), '\n'), 2);
}

TEST(JsonEvents, AreErrorsOnlyWhenQuiet) {
  KeptOutput out;
  JsonReporter reporter(Loudness::quiet, out);
  for (const Event& event : every_event()) reporter.report(event);
  reporter.tell({"db", "database_created", "created db"});
  EXPECT_EQ(std::count(out.text.begin(), out.text.end(), '\n'), 3);  // failed, found, ended
}

TEST(JsonEvents, OfShortCommandsAreInTheSchema) {
  Checker checker("events");
  KeptOutput out;
  JsonReporter reporter(Loudness::normal, out);
  reporter.tell({"db", "database_created", "created db"});
  EXPECT_TRUE(checker.holds(Json::parse(out.text))) << out.text;
  out.text.clear();
  reporter.tell({"db", "edit_accepted", "accepted 1", {{"version", "1"}}});
  EXPECT_TRUE(checker.holds(Json::parse(out.text))) << out.text;
}

Migration migration(const std::string& version, const std::string& name) {
  Migration one;
  one.version = Version(version);
  one.name = name;
  one.up.file = version + ".sql";
  one.up.text = "SELECT 1; SELECT 2";
  one.up.checksum = "aa";
  one.up.statements = {{0, 8, 1, 1, {}, 0}, {10, 8, 1, 11, {}, 0}};
  return one;
}

TEST(JsonDocuments, AreWhatTheirSchemasSay) {
  MigrationSet set{"native", {"migrations"}, {migration("1", "users"), migration("2", "pets")}};
  DatabaseStatus seen{"db", "acme", {full_state(Verdict::running), {}}};
  seen.status.history.records = {{Version("1"), "users", "bb", "2026-11-22T12:00:00Z", {}},
                                 {Version("9"), "", "", "", {}}};
  const std::string status = status_json(set, {&seen, 1});
  EXPECT_TRUE(Checker("status").holds(Json::parse(status))) << status;

  DatabasePlan plan{"db", "", {}};
  plan.plan.steps = {{&set.migrations[0], Direction::up, 0}};
  const std::string text = plan_json({&plan, 1});
  EXPECT_TRUE(Checker("plan").holds(Json::parse(text))) << text;
}

TEST(JsonDocuments, AreNeverOpenWithoutADatabase) {
  EXPECT_EQ(Json::parse(status_json({}, {}))["open"], false);
}

}  // namespace
}  // namespace tidegate
