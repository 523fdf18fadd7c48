#include "cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/config_file.h"
#include "cli/environment.h"
#include "tidegate/error.h"

namespace tidegate::cli {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// What flags, variables and a config file come to, without touching a real one.
struct Told {
  std::vector<std::string> flags;
  std::vector<std::string> variables;
  std::string file;

  Options options() const {
    CommandLine line = parse_command_line(flags);
    std::vector<const char*> environment;
    for (const std::string& variable : variables) environment.push_back(variable.c_str());
    environment.push_back(nullptr);
    offer_environment(line.values, environment.data());
    offer_config(line.values, "tidegate.toml", file);
    return options_of(std::move(line.values), line.command);
  }

  std::string refusal() const {
    try {
      options();
    } catch (const Error& error) {
      EXPECT_EQ(error.code, ErrorCode::usage);
      const std::string place = error.place.file.empty() ? "" : to_string(error.place) + ": ";
      return place + error.message + " / " + error.hint;
    }
    return "nothing was refused";
  }
};

TEST(Options, HaveDefaults) {
  const Options options = Told{{"wait"}, {}, ""}.options();
  EXPECT_THAT(options.databases, IsEmpty());
  EXPECT_THAT(options.folder.folders, ElementsAre("migrations"));
  EXPECT_EQ(options.wait.timeout, 5min);
  EXPECT_EQ(options.wait.interval, 1s);
  EXPECT_TRUE(options.wait.fail_fast);
  EXPECT_EQ(options.migrate.lock_timeout, 5s);
  EXPECT_EQ(options.migrate.connect_limit, 10s);
  EXPECT_EQ(options.migrate.wait_limit, std::nullopt);
}

TEST(Options, FlagsBeatTheEnvironmentWhichBeatsTheFile) {
  Told told{{"wait"}, {}, "timeout = \"1m\""};
  EXPECT_EQ(told.options().wait.timeout, 1min);
  told.variables = {"TIDEGATE_TIMEOUT=2m"};
  EXPECT_EQ(told.options().wait.timeout, 2min);
  told.flags = {"wait", "--timeout", "3m"};
  EXPECT_EQ(told.options().wait.timeout, 3min);
  const Options options = told.options();
  EXPECT_EQ(options.values.find("timeout")->source, Source::flag);
}

TEST(Options, DatabaseUrlIsTheLastOfTheEnvironment) {
  Told told{{"status"}, {"DATABASE_URL=a"}, "database = \"c\""};
  EXPECT_THAT(told.options().databases, ElementsAre("a"));
  told.variables.push_back("TIDEGATE_DATABASE=b\nb2\n");
  EXPECT_THAT(told.options().databases, ElementsAre("b", "b2"));
  told.flags = {"-d", "d", "status", "--database=e"};
  EXPECT_THAT(told.options().databases, ElementsAre("d", "e"));
}

TEST(Options, AnEmptyVariableIsNone) {
  const Options options =
      Told{{"status"}, {"DATABASE_URL=", "TIDEGATE_DIR="}, "dir = [\"a\", \"b\"]"}.options();
  EXPECT_THAT(options.databases, IsEmpty());
  EXPECT_THAT(options.folder.folders, ElementsAre("a", "b"));
}

TEST(Options, ListsInTheEnvironmentArePartedByCommas) {
  const Options options = Told{{"status"}, {"TIDEGATE_SCHEMA=a, b\nc"}, ""}.options();
  EXPECT_THAT(options.schemas, ElementsAre("a", "b", "c"));
}

TEST(Options, AFlagCanTakeBackWhatTheFileSays) {
  const std::string file = "strict-order = true";
  EXPECT_EQ((Told{{"migrate"}, {}, file}.options().migrate.policy.order), Order::strict);
  EXPECT_EQ((Told{{"migrate", "--strict-order=false"}, {}, file}.options().migrate.policy.order),
            Order::any);
}

TEST(Options, RollbackRevertsOneUnlessToldOtherwise) {
  const Target one = Told{{"rollback"}, {}, ""}.options().migrate.policy.target;
  EXPECT_EQ(one.kind, Target::Kind::step);
  EXPECT_EQ(one.step_count, 1U);
  const Policy all = Told{{"rollback", "--all"}, {}, ""}.options().migrate.policy;
  EXPECT_EQ(all.target.kind, Target::Kind::all);
  EXPECT_EQ(all.direction, Direction::down);
  const Target to = Told{{"rollback", "--to", "007"}, {}, ""}.options().migrate.policy.target;
  EXPECT_EQ(to.kind, Target::Kind::to);
  EXPECT_EQ(to.version, Version("7"));
}

TEST(Options, ContradictionsNameBoth) {
  EXPECT_THAT((Told{{"migrate", "--to", "1", "--step", "2"}, {}, ""}.refusal()),
              AllOf(HasSubstr("--to"), HasSubstr("--step")));
  EXPECT_THAT((Told{{"rollback", "--all", "--to", "1"}, {}, ""}.refusal()),
              AllOf(HasSubstr("--to"), HasSubstr("--all")));
  EXPECT_THAT((Told{{"migrate", "-q", "--log-sql"}, {}, ""}.refusal()),
              AllOf(HasSubstr("--quiet"), HasSubstr("--log-sql")));
  EXPECT_THAT((Told{{"migrate"}, {"TIDEGATE_TO=1", "TIDEGATE_STEP=1"}, ""}.refusal()),
              AllOf(HasSubstr("TIDEGATE_TO"), HasSubstr("TIDEGATE_STEP")));
  EXPECT_THAT((Told{{"wait", "--timeout", "1s", "--timeout", "2s"}, {}, ""}.refusal()),
              HasSubstr("--timeout is given twice"));
}

TEST(Options, AStrongerSourceTakesTheOthersOutOfForce) {
  const Options options = Told{{"migrate", "--to", "5"}, {"TIDEGATE_STEP=1"}, ""}.options();
  EXPECT_EQ(options.migrate.policy.target.kind, Target::Kind::to);
  const Options loud = Told{{"migrate", "--log-sql"}, {"TIDEGATE_QUIET=1"}, ""}.options();
  EXPECT_EQ(loud.loudness, Loudness::normal);
  EXPECT_EQ(loud.sql_log, SqlLog::on);
}

TEST(Options, WhatACommandDoesntHaveContradictsNothing) {
  EXPECT_NO_THROW((Told{{"status"}, {"TIDEGATE_TO=1", "TIDEGATE_STEP=1"}, ""}.options()));
}

TEST(Options, BadValuesAreNamedWithWhereTheyStand) {
  EXPECT_THAT((Told{{"wait", "--timeout", "5"}, {}, ""}.refusal()),
              AllOf(HasSubstr("--timeout"), HasSubstr("5s")));
  EXPECT_THAT((Told{{"wait"}, {"TIDEGATE_TIMEOUT=soon"}, ""}.refusal()),
              AllOf(HasSubstr("TIDEGATE_TIMEOUT"), HasSubstr("soon")));
  EXPECT_THAT((Told{{"wait"}, {}, "\ntimeout = \"soon\""}.refusal()),
              HasSubstr("tidegate.toml:2:1: timeout"));
  EXPECT_THAT((Told{{"migrate", "--step", "0"}, {}, ""}.refusal()), HasSubstr("--step"));
  EXPECT_THAT((Told{{"migrate", "--step", "-1"}, {}, ""}.refusal()), HasSubstr("-1"));
  EXPECT_THAT((Told{{"migrate", "--to", "soon"}, {}, ""}.refusal()), HasSubstr("soon"));
  EXPECT_THAT((Told{{"--log-format", "xml", "status"}, {}, ""}.refusal()),
              AllOf(HasSubstr("xml"), HasSubstr("text, json")));
  EXPECT_THAT((Told{{"status"}, {"TIDEGATE_QUIET=maybe"}, ""}.refusal()),
              AllOf(HasSubstr("TIDEGATE_QUIET"), HasSubstr("maybe")));
}

TEST(Config, NamesWhatIsWrongWithItsPlace) {
  EXPECT_THAT((Told{{"status"}, {}, "# where\ndirectory = \"x\""}.refusal()),
              AllOf(HasSubstr("tidegate.toml:2:1"), HasSubstr("'directory'"),
                    HasSubstr("dir instead of directory")));
  EXPECT_THAT((Told{{"status"}, {}, "lock-timout = \"5s\""}.refusal()),
              HasSubstr("lock-timeout instead of"));
  EXPECT_THAT((Told{{"status"}, {}, "dir = 7"}.refusal()), HasSubstr("tidegate.toml:1:7"));
  EXPECT_THAT((Told{{"status"}, {}, "dir = [\"a\", 7]"}.refusal()), HasSubstr(":1:13"));
  EXPECT_THAT((Told{{"status"}, {}, "strict-order = \"yes\""}.refusal()),
              HasSubstr("true or false"));
  EXPECT_THAT((Told{{"status"}, {}, "timeout = 5"}.refusal()), HasSubstr("\"5s\""));
  EXPECT_THAT((Told{{"status"}, {}, "dir = []"}.refusal()), HasSubstr("empty"));
  EXPECT_THAT((Told{{"status"}, {}, "to = \"5\""}.refusal()), HasSubstr("--to"));
  EXPECT_THAT((Told{{"status"}, {}, "dir = ["}.refusal()), HasSubstr("tidegate.toml:1"));
  EXPECT_THAT((Told{{"status"}, {}, "[wait]\ntimeout = \"5s\""}.refusal()), HasSubstr("'wait'"));
}

TEST(Config, NeverShowsTheDatabase) {
  for (const char* file : {"database = \"postgres://app:secret@host/db", "database = 'x:secret' y",
                           "database = [\"postgres://app:secret@host/db\", 7]"}) {
    EXPECT_THAT((Told{{"status"}, {}, file}.refusal()), Not(HasSubstr("secret"))) << file;
  }
}

TEST(Environment, TellsOfMisspeltVariablesOnly) {
  const char* environment[] = {"TIDEGATE_LOCK_TIMOUT=5s",
                               "TIDEGATE_PORT=tcp://10.0.0.1:80",
                               "TIDEGATE_SERVICE_HOST=10.0.0.1",
                               "TIDEGATE_TIMEOUT=5s",
                               "TIDEGATE_EDITOR=vi",
                               "OTHER=1",
                               nullptr};
  const std::vector<Misspelt> misspelt = misspelt_variables(environment);
  ASSERT_EQ(misspelt.size(), 1U);
  EXPECT_EQ(misspelt[0].written, "TIDEGATE_LOCK_TIMOUT");
  EXPECT_EQ(misspelt[0].meant, "TIDEGATE_LOCK_TIMEOUT");
}

}  // namespace
}  // namespace tidegate::cli
