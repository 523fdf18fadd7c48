#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/nearest.h"
#include "cli/all_commands.h"
#include "cli/secrets.h"
#include "tidegate/error.h"

namespace tidegate::cli {
namespace {

std::string flag_of(const Setting& setting) { return fmt::format("--{}", setting.name); }

/// The parser's names for a setting: `--database,-d`.
std::string names_of(const Setting& setting) {
  std::string names = flag_of(setting);
  if (setting.letter != 0) names += fmt::format(",-{}", setting.letter);
  return names;
}

void add(CLI::App& app, const Setting& setting) {
  const auto keep = [](const CLI::results_t&) { return true; };
  CLI::Option* option = setting.kind == ValueKind::on_off
                            ? app.add_flag(names_of(setting))
                            : app.add_option(names_of(setting), keep)->type_size(1)->expected(1);
  // Flags that are given twice are refused below, with a sentence of our own.
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

/// What was given for a setting on the command line, or nothing.
std::vector<std::string> results_of(CLI::App& app, const Setting& setting) {
  CLI::Option* option = app.get_option_no_throw(flag_of(setting));
  return option == nullptr ? std::vector<std::string>() : option->results();
}

void offer_results(CLI::App& root, CLI::App* chosen, Values& values) {
  for (const Setting& setting : all_settings()) {
    std::vector<std::string> results = results_of(root, setting);
    if (chosen != nullptr && !setting.is_global()) results = results_of(*chosen, setting);
    if (results.empty()) continue;
    if (results.size() > 1 && setting.kind != ValueKind::list) {
      const bool same = std::equal(results.begin() + 1, results.end(), results.begin());
      if (!same)
        throw Error(ErrorCode::usage, flag_of(setting) + " is given twice", "give it once");
      results.resize(1);
    }
    values.offer(setting, {Source::flag, flag_of(setting), std::move(results)});
  }
}

std::string did_you_mean(std::string_view near, std::string_view otherwise) {
  return near.empty() ? std::string(otherwise) : fmt::format("did you mean {}?", near);
}

[[noreturn]] void refuse_flag(std::string_view written, std::string_view command) {
  const std::string_view flag = written.substr(0, written.find('='));
  const std::string shown = masked(flag);
  const std::string help =
      command.empty() ? "see 'tidegate help'" : fmt::format("see 'tidegate help {}'", command);
  const std::string_view name = flag.substr(std::min(flag.find_first_not_of('-'), flag.size()));
  const Setting* elsewhere = flag.starts_with("--") ? find_setting(name) : nullptr;
  if (elsewhere != nullptr && elsewhere->shown == Setting::Shown::yes) {
    std::string owners;
    for (const Command* one : all_commands()) {
      if (!elsewhere->belongs_to(one->name)) continue;
      owners += fmt::format("{}{}", owners.empty() ? "" : ", ", one->name);
    }
    if (command.empty()) {
      throw Error(ErrorCode::usage, fmt::format("{} belongs to a command: {}", shown, owners),
                  "write it after the command");
    }
    throw Error(ErrorCode::usage, fmt::format("{} has no flag {}", command, shown),
                fmt::format("it is a flag of: {}", owners));
  }
  std::vector<std::string> known;
  for (const Setting& setting : all_settings()) {
    if (setting.belongs_to(command) && setting.shown == Setting::Shown::yes) {
      known.push_back(flag_of(setting));
    }
  }
  const std::vector<std::string_view> views(known.begin(), known.end());
  const std::string_view near = flag.starts_with("--") ? nearest(flag, views) : std::string_view();
  throw Error(ErrorCode::usage, fmt::format("there is no flag {}", shown),
              did_you_mean(near, help));
}

[[noreturn]] void refuse_command(std::string_view written) {
  std::vector<std::string_view> known;
  for (const Command* command : all_commands()) known.push_back(command->name);
  const std::string_view near = nearest(written, known);
  throw Error(ErrorCode::usage, fmt::format("there is no command '{}'", masked(written)),
              did_you_mean(near, "see 'tidegate help'"));
}

void check_operands(const Command& command, const std::vector<std::string>& operands) {
  const bool wanted = !command.operand.empty();
  const bool optional = command.operand.starts_with('[');
  if (operands.size() > (wanted ? 1U : 0U)) {
    const std::string what = wanted ? fmt::format("one {}", command.operand) : "no further words";
    throw Error(ErrorCode::usage,
                fmt::format("{} takes {}; '{}' is too much", command.name, what,
                            masked(operands[wanted ? 1 : 0])),
                fmt::format("see 'tidegate help {}'", command.name));
  }
  if (wanted && !optional && (operands.empty() || operands.front().empty())) {
    throw Error(ErrorCode::usage, fmt::format("{} needs a {}", command.name, command.operand),
                fmt::format("write 'tidegate {} {}'", command.name, command.operand));
  }
}

/// The parser's error in a sentence of ours. Its own text may hold a value, and so a password.
[[noreturn]] void refuse(const CLI::ParseError& error) {
  const std::string text = error.what();
  const std::size_t begin = text.find("--");
  const std::string flag = begin == std::string::npos
                               ? std::string()
                               : text.substr(begin, text.find_first_of(" :=,", begin) - begin);
  if (flag.empty()) throw Error(ErrorCode::usage, masked(text), "see 'tidegate help'");
  const Setting* setting = find_setting(std::string_view(flag).substr(2));
  if (setting != nullptr && setting->kind == ValueKind::on_off) {
    throw Error(ErrorCode::usage, flag + " takes no value", fmt::format("write {}", flag));
  }
  const std::string_view value = setting == nullptr ? "VALUE" : setting->value_name;
  throw Error(ErrorCode::usage, flag + " needs a value", fmt::format("write {} {}", flag, value));
}

}  // namespace

CommandLine parse_command_line(std::span<const std::string> arguments) {
  CommandLine line;
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  std::vector<std::string> reversed(arguments.begin(), end);
  const bool becomes = end != arguments.end();
  if (becomes) line.become.assign(end + 1, arguments.end());
  if (!reversed.empty() && (reversed.front() == "--version" || reversed.front() == "-V")) {
    reversed.front() = "version";
  }

  CLI::App root;
  root.set_help_flag();
  root.allow_extras();
  root.require_subcommand(0, 1);
  for (const Setting& setting : all_settings()) {
    if (setting.is_global()) add(root, setting);
  }
  for (const Command* command : all_commands()) {
    CLI::App* one = root.add_subcommand(std::string(command->name));
    one->set_help_flag();
    one->allow_extras();
    one->fallthrough();
    for (const Setting& setting : all_settings()) {
      if (!setting.is_global() && setting.belongs_to(command->name)) add(*one, setting);
    }
  }

  std::reverse(reversed.begin(), reversed.end());  // the parser takes from the back
  try {
    root.parse(reversed);
  } catch (const CLI::ParseError& error) {
    refuse(error);
  }

  const auto chosen = root.get_subcommands();
  CLI::App* app = chosen.empty() ? nullptr : chosen.front();
  if (app != nullptr) line.command = app->get_name();
  for (const std::string& word : root.remaining(true)) {
    if (word.size() > 1 && word.starts_with('-')) refuse_flag(word, line.command);
    line.operands.push_back(word);
  }
  if (app == nullptr && !line.operands.empty()) refuse_command(line.operands.front());
  offer_results(root, app, line.values);
  const Given* help = line.values.find("help");
  const Command* command = find_command(line.command);
  if (command == nullptr || help != nullptr) return line;
  check_operands(*command, line.operands);
  if (becomes && command->becomes == Command::Becomes::no) {
    throw Error(ErrorCode::usage, fmt::format("{} takes no command after --", command->name),
                "migrate and wait do");
  }
  if (becomes && line.become.empty()) {
    throw Error(ErrorCode::usage, "nothing stands after --",
                fmt::format("write 'tidegate {} -- COMMAND…'", command->name));
  }
  return line;
}

}  // namespace tidegate::cli
