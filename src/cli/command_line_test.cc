#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "cli/all_commands.h"
#include "cli/completion.h"
#include "cli/help_text.h"
#include "cli/man_page.h"
#include "cli/secrets.h"
#include "tidegate/error.h"

namespace tidegate::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

CommandLine parse(std::vector<std::string> words) { return parse_command_line(words); }

std::string refusal(std::vector<std::string> words) {
  try {
    parse(std::move(words));
  } catch (const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::usage);
    return error.message + " / " + error.hint;
  }
  return "nothing was refused";
}

std::string value(const CommandLine& line, std::string_view name) {
  const Given* given = line.values.find(name);
  return given == nullptr ? "nothing" : given->values.front();
}

TEST(CommandLine, TakesFlagsOfAllBeforeAndAfterTheCommand) {
  EXPECT_EQ(value(parse({"--dir", "a", "migrate"}), "dir"), "a");
  EXPECT_EQ(value(parse({"migrate", "--dir", "a"}), "dir"), "a");
  EXPECT_EQ(value(parse({"-da", "migrate", "-q"}), "database"), "a");
  EXPECT_EQ(parse({"-d", "a", "migrate", "-db"}).values.find("database")->values,
            (std::vector<std::string>{"a", "b"}));
}

TEST(CommandLine, TakesValuesThatLookLikeFlagsOrCommands) {
  EXPECT_EQ(value(parse({"migrate", "--holder", "-x"}), "holder"), "-x");
  EXPECT_EQ(value(parse({"--dir", "migrate", "status"}), "dir"), "migrate");
  EXPECT_EQ(value(parse({"migrate", "--dir=--to"}), "dir"), "--to");
  EXPECT_EQ(value(parse({"migrate", "-n", "3"}), "step"), "3");
}

TEST(CommandLine, LeavesTheCommandAfterTheDashesAlone) {
  const CommandLine line = parse({"migrate", "-q", "--", "sh", "-c", "--to 5", "--"});
  EXPECT_THAT(line.become, ElementsAre("sh", "-c", "--to 5", "--"));
  EXPECT_THAT(line.operands, IsEmpty());
  EXPECT_EQ(value(line, "to"), "nothing");
  EXPECT_THAT(refusal({"status", "--", "true"}), HasSubstr("status"));
  EXPECT_THAT(refusal({"migrate", "--"}), HasSubstr("--"));
}

TEST(CommandLine, TakesOperands) {
  EXPECT_THAT(parse({"new", "create users"}).operands, ElementsAre("create users"));
  EXPECT_THAT(parse({"new", "status"}).operands, ElementsAre("status"));
  EXPECT_EQ(parse({"help", "migrate"}).command, "help");
  EXPECT_THAT(parse({"help"}).operands, IsEmpty());
  EXPECT_THAT(refusal({"new"}), HasSubstr("NAME"));
  EXPECT_THAT(refusal({"new", ""}), HasSubstr("NAME"));
  EXPECT_THAT(refusal({"new", "create", "users"}), HasSubstr("users"));
  EXPECT_THAT(refusal({"migrate", "status"}), HasSubstr("status"));
}

TEST(CommandLine, WithoutACommandIsNoError) {
  EXPECT_EQ(parse({}).command, "");
  EXPECT_EQ(parse({"--help"}).command, "");
  EXPECT_EQ(parse({"--version"}).command, "version");
  EXPECT_EQ(parse({"new", "--help"}).command, "new");
}

TEST(CommandLine, GuessesWhatWasMeant) {
  EXPECT_THAT(refusal({"migrat"}), AllOf(HasSubstr("'migrat'"), HasSubstr("mean migrate?")));
  EXPECT_THAT(refusal({"statsu"}), HasSubstr("mean status?"));
  EXPECT_THAT(refusal({"migrate", "--lock-timout", "5s"}), HasSubstr("mean --lock-timeout?"));
  EXPECT_THAT(refusal({"migrate", "--frobnicate"}), HasSubstr("--frobnicate"));
  EXPECT_THAT(refusal({"serve"}), HasSubstr("no command 'serve'"));
}

TEST(CommandLine, KnowsWhoseFlagItIs) {
  EXPECT_THAT(refusal({"status", "--step", "1"}),
              AllOf(HasSubstr("status has no flag --step"), HasSubstr("rollback")));
  EXPECT_THAT(refusal({"--step", "1", "migrate"}), HasSubstr("--step"));
  EXPECT_THAT(refusal({"--step", "1"}), HasSubstr("belongs to a command"));
}

TEST(CommandLine, WantsValuesWhereTheyBelong) {
  EXPECT_THAT(refusal({"wait", "--timeout"}), HasSubstr("--timeout needs a value"));
  EXPECT_THAT(refusal({"--database"}), HasSubstr("--database needs a value"));
  EXPECT_THAT(refusal({"-d"}), HasSubstr("--database needs a value"));
}

TEST(CommandLine, NeverRepeatsAPassword) {
  const std::string url = "postgres://app:tiger@host/db";
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"migrate", url},
                                             {url},
                                             {"--databse", url, "migrate"},
                                             {"--databse=" + url, "migrate"},
                                             {"migrate", "-x" + url},
                                             {"new", "a", "password=tiger"},
                                             {"migrate", "--quiet=" + url}}) {
    EXPECT_THAT(refusal(words), Not(HasSubstr("tiger"))) << words.front();
  }
}

TEST(Secrets, AreWipedFromTheArguments) {
  std::vector<std::string> words = {"tidegate",
                                    "--database=postgres://a:tiger@h/d",
                                    "-d",
                                    "postgres://a:tiger@h/d",
                                    "-dpostgres://a:tiger@h/d",
                                    "password=tiger",
                                    "migrate",
                                    "--",
                                    "x@y"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  wipe_secrets(static_cast<int>(arguments.size()), arguments.data());
  for (const std::string& word : words) EXPECT_THAT(word, Not(HasSubstr("tiger")));
  EXPECT_EQ(words[1], "--database=" + std::string(22, '*'));
  EXPECT_EQ(words[4], "-d" + std::string(22, '*'));
  EXPECT_EQ(words[8], "x@y");
}

TEST(Tables, FindEveryCommandAndSetting) {
  for (const Command* command : all_commands()) EXPECT_EQ(find_command(command->name), command);
  for (const Setting& setting : all_settings()) EXPECT_EQ(find_setting(setting.name), &setting);
  EXPECT_EQ(find_command("migrat"), nullptr);
  EXPECT_EQ(find_setting("tim"), nullptr);
}

TEST(Tables, NameOnlyCommandsThatExist) {
  for (const Setting& setting : all_settings()) {
    std::size_t owner_count = 0;
    for (const Command* command : all_commands()) {
      if (setting.belongs_to(command->name)) ++owner_count;
    }
    EXPECT_GT(owner_count, 0U) << setting.name;
  }
}

TEST(Help, ListsEveryCommandAndFlag) {
  for (const Command* command : all_commands()) {
    EXPECT_THAT(general_help(), HasSubstr("  " + std::string(command->name)));
    EXPECT_THAT(short_usage(), HasSubstr(std::string(command->name)));
    const std::string help = command_help(*command);
    for (const Setting& setting : all_settings()) {
      if (setting.shown == Setting::Shown::no || !setting.belongs_to(command->name)) continue;
      EXPECT_THAT(help, HasSubstr("--" + std::string(setting.name)));
    }
    EXPECT_THAT(help, Not(HasSubstr("--man")));
  }
}

TEST(Help, FitsATerminal) {
  for (const Command* command : all_commands()) {
    std::string help = command_help(*command);
    while (!help.empty()) {
      const std::string line = help.substr(0, help.find('\n'));
      EXPECT_LE(line.size(), 82U) << line;  // bytes: `…` is three
      help.erase(0, line.size() + 1);
    }
  }
}

TEST(ManPage, ListsEveryCommandFlagAndVariable) {
  std::string page = man_page();
  page.erase(std::remove(page.begin(), page.end(), '\\'), page.end());
  for (const Command* command : all_commands()) {
    EXPECT_THAT(page, HasSubstr(".SS tidegate " + std::string(command->name)));
  }
  for (const Setting& setting : all_settings()) {
    if (setting.shown == Setting::Shown::no) continue;
    EXPECT_THAT(page, HasSubstr("--" + std::string(setting.name)));
    if (!setting.may_stand_in_environment()) continue;
    EXPECT_THAT(page, HasSubstr(".B " + environment_name(setting)));
  }
}

TEST(Documents, NameEveryCommandFlagVariableAndKey) {
  const std::string text = read_file(std::string(TIDEGATE_SOURCE_DIR) + "/docs/commands.md");
  for (const Command* command : all_commands()) {
    EXPECT_THAT(text, HasSubstr(std::string(command->name)));
  }
  for (const Setting& setting : all_settings()) {
    if (setting.shown == Setting::Shown::no) continue;
    EXPECT_THAT(text, HasSubstr("`--" + std::string(setting.name)));
    if (!setting.may_stand_in_environment()) continue;
    EXPECT_THAT(text, HasSubstr("`" + environment_name(setting) + "`"));
    if (setting.origins == Origins::all) {
      EXPECT_THAT(text, HasSubstr("| `" + std::string(setting.name) + "` |"));
    }
  }
}

TEST(Completion, KnowsEveryCommandAndFlag) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = completion_script(shell);
    const std::string dashes = std::string(shell) == "fish" ? "-l " : "--";
    for (const Command* command : all_commands()) {
      EXPECT_THAT(script, HasSubstr(std::string(command->name))) << shell;
    }
    for (const Setting& setting : all_settings()) {
      if (setting.shown == Setting::Shown::no) continue;
      EXPECT_THAT(script, HasSubstr(dashes + std::string(setting.name))) << shell;
    }
  }
  EXPECT_EQ(completion_script("tcsh"), "");
}

}  // namespace
}  // namespace tidegate::cli
