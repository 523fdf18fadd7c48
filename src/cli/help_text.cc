#include "cli/help_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/all_commands.h"

namespace tidegate::cli {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kFlagColumn = 28;

/// `text` in lines of at most `kColumns`, each after the first indented. Lines that begin with a
/// space are kept as they are.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t column) {
  std::string result;
  while (!text.empty()) {
    const std::size_t line_end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, line_end);
    text.remove_prefix(std::min(line_end + 1, text.size()));
    const bool kept = line.starts_with(' ');
    while (!line.empty()) {
      std::size_t end = kept ? line.size() : std::min(line.find(' '), line.size());
      if (column > indent && column + 1 + end > kColumns) {
        result += '\n' + std::string(indent, ' ');
        column = indent;
      } else if (column > indent) {
        result += ' ';
        ++column;
      }
      result += line.substr(0, end);
      column += end;
      line.remove_prefix(std::min(end + 1, line.size()));
    }
    if (!text.empty()) result += '\n' + std::string(text.starts_with('\n') ? 0 : indent, ' ');
    column = indent;
  }
  return result + '\n';
}

std::string row(std::string_view left, std::string_view right) {
  std::string text = fmt::format("  {}", left);
  if (text.size() + 2 > kFlagColumn) {
    text += '\n' + std::string(kFlagColumn, ' ');
  } else {
    text.resize(kFlagColumn, ' ');
  }
  return text + wrapped(right, kFlagColumn, kFlagColumn);
}

template <typename Chosen>
std::string flag_rows(const Chosen& chosen) {
  std::string text;
  for (const Setting& setting : all_settings()) {
    if (setting.shown == Setting::Shown::no || !chosen(setting)) continue;
    text += row(form_of(setting), setting.help);
  }
  return text;
}

constexpr std::string_view kWhat =
    "Tidegate brings a database to the schema that a build needs, and holds every replica of a "
    "service back until it is there.";

constexpr std::string_view kSources =
    "A flag --some-name is also the variable TIDEGATE_SOME_NAME and, where it isn't for one run "
    "only, the key some-name in tidegate.toml: flags beat the environment, which beats the file. "
    "DATABASE_URL is read where TIDEGATE_DATABASE isn't set.";

constexpr std::string_view kExitCodes =
    "Exit codes: 0 done or open, 1 failed otherwise, 2 usage, 3 pending (status --check), 4 timed "
    "out, 5 a migration failed, 6 server out of reach, 7 needs a person, 128+n ended by signal n.";

}  // namespace

std::string form_of(const Setting& setting) {
  std::string text = setting.letter == 0 ? "    " : fmt::format("-{}, ", setting.letter);
  text += fmt::format("--{}", setting.name);
  if (!setting.value_name.empty()) text += fmt::format(" {}", setting.value_name);
  return text;
}

std::string form_of(const Command& command) {
  std::string text = fmt::format("tidegate {}", command.name);
  if (!command.operand.empty()) text += fmt::format(" {}", command.operand);
  text += " [FLAGS]";
  if (command.becomes == Command::Becomes::yes) text += " [-- COMMAND…]";
  return text;
}

std::string short_usage() {
  std::string names;
  for (const Command* command : all_commands()) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", command->name);
  }
  return "usage: tidegate [FLAGS] COMMAND\n\n" + wrapped("commands: " + names, 2, 0) +
         "\nsee 'tidegate help'\n";
}

std::string general_help() {
  std::string text = wrapped(kWhat, 0, 0);
  text += "\nUsage: tidegate [FLAGS] COMMAND\n\nCommands:\n";
  for (const Command* command : all_commands()) {
    const std::string left = fmt::format("{} {}", command->name, command->operand);
    text += row(left, command->summary);
  }
  text += "\nFlags of every command, before or after it:\n";
  text += flag_rows([](const Setting& setting) { return setting.is_global(); });
  text += '\n' + wrapped(kSources, 0, 0);
  text += '\n' + wrapped(kExitCodes, 0, 0);
  return text + "\n'tidegate help COMMAND' tells more.\n";
}

std::string command_help(const Command& command) {
  std::string text = fmt::format("Usage: {}\n\n", form_of(command));
  text += wrapped(command.description, 0, 0);
  const std::string own = flag_rows([&](const Setting& setting) {
    return !setting.is_global() && setting.belongs_to(command.name);
  });
  if (!own.empty()) text += "\nFlags:\n" + own;
  text += "\nFlags of every command:\n";
  text += flag_rows([](const Setting& setting) { return setting.is_global(); });
  return text;
}

}  // namespace tidegate::cli
