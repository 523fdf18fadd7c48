#include "cli/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/all_commands.h"
#include "deploy/generators.h"
#include "tidegate/error.h"

namespace tidegate::cli {
namespace {

bool is_offered(const Setting& setting) { return setting.shown == Setting::Shown::yes; }

bool names_a_path(const Setting& setting) {
  return setting.value_name == "DIR" || setting.value_name == "FILE";
}

/// The words an operand can be, where they are known.
std::string operand_words(const Command& command) {
  if (command.name == "completion") return "bash zsh fish";
  std::string words;
  if (command.name == "generate") {
    for (const deploy::Generator& one : deploy::all_generators()) {
      words += fmt::format("{}{}", words.empty() ? "" : " ", one.name);
    }
  }
  if (command.operand != "[COMMAND]") return words;
  for (const Command* one : all_commands()) {
    words += fmt::format("{}{}", words.empty() ? "" : " ", one->name);
  }
  return words;
}

std::string flags_of(std::string_view command) {
  std::string words;
  for (const Setting& setting : all_settings()) {
    if (!is_offered(setting) || !setting.belongs_to(command)) continue;
    words += fmt::format("{}--{}", words.empty() ? "" : " ", setting.name);
  }
  return words;
}

std::string command_names() {
  std::string words;
  for (const Command* command : all_commands()) {
    words += fmt::format("{}{}", words.empty() ? "" : " ", command->name);
  }
  return words;
}

/// The flags, letters included, whose value `matches` is about: `--dir|--config`.
template <typename Matches>
std::string flag_pattern(const Matches& matches) {
  std::string pattern;
  for (const Setting& setting : all_settings()) {
    if (!is_offered(setting) || !matches(setting)) continue;
    pattern += fmt::format("{}--{}", pattern.empty() ? "" : "|", setting.name);
    if (setting.letter != 0) pattern += fmt::format("|-{}", setting.letter);
  }
  return pattern;
}

std::string bash_values() {
  std::string cases;
  for (const Setting& setting : all_settings()) {
    if (setting.choices.empty()) continue;
    cases += fmt::format("    --{}) COMPREPLY=($(compgen -W \"{}\" -- \"$current\")); return ;;\n",
                         setting.name, fmt::join(setting.choices, " "));
  }
  cases += fmt::format("    {}) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n",
                       flag_pattern(names_a_path));
  cases += fmt::format("    {}) return ;;\n", flag_pattern([](const Setting& setting) {
                         return setting.kind != ValueKind::on_off && setting.choices.empty() &&
                                !names_a_path(setting);
                       }));
  return cases;
}

std::string bash_words() {
  std::string cases;
  for (const Command* command : all_commands()) {
    std::string words = flags_of(command->name);
    const std::string operands = operand_words(*command);
    if (!operands.empty()) words = operands + ' ' + words;
    cases += fmt::format("    {}) words=\"{}\" ;;\n", command->name, words);
  }
  return cases;
}

std::string bash_script() {
  return fmt::format(R"(# bash completion for tidegate: tidegate completion bash
_tidegate() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}"
  local command="" word words
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$word" in
    --) COMPREPLY=($(compgen -c -- "$current")); return ;;
    {0}) [ -n "$command" ] || command="$word" ;;
    esac
  done
  case "$previous" in
{1}  esac
  case "$command" in
{2}    *) words="{3} {4}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _tidegate tidegate
)",
                     [] {
                       std::string pattern = command_names();
                       std::replace(pattern.begin(), pattern.end(), ' ', '|');
                       return pattern;
                     }(),
                     bash_values(), bash_words(), command_names(), flags_of(""));
}

/// Text inside of '…' where neither a quote nor a bracket may stand as it is.
std::string zsh_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
    } else if (c == '[' || c == ']' || c == ':') {
      result += '\\';
      result += c;
    } else {
      result += c;
    }
  }
  return result;
}

std::string zsh_action(const Setting& setting) {
  if (!setting.choices.empty()) return fmt::format("({})", fmt::join(setting.choices, " "));
  return names_a_path(setting) ? "_files" : " ";
}

std::string zsh_flag(const Setting& setting) {
  const std::string repeat = setting.kind == ValueKind::list ? "*" : "";
  const std::string value = setting.kind == ValueKind::on_off
                                ? std::string()
                                : fmt::format(":{}:{}", setting.value_name, zsh_action(setting));
  const std::string sign = setting.kind == ValueKind::on_off ? "" : "=";
  std::string lines = fmt::format("      '{}--{}{}[{}]{}' \\\n", repeat, setting.name, sign,
                                  zsh_text(setting.help), value);
  if (setting.letter != 0) {
    lines += fmt::format("      '{}-{}[{}]{}' \\\n", repeat, setting.letter, zsh_text(setting.help),
                         value);
  }
  return lines;
}

std::string zsh_flags(std::string_view command) {
  std::string lines;
  for (const Setting& setting : all_settings()) {
    if (is_offered(setting) && setting.belongs_to(command)) lines += zsh_flag(setting);
  }
  return lines;
}

std::string zsh_script() {
  std::string text = "#compdef tidegate\n# zsh completion for tidegate: tidegate completion zsh\n";
  text += "_tidegate() {\n  local -a commands\n  local word command=\"\"\n  commands=(\n";
  for (const Command* command : all_commands()) {
    text += fmt::format("    '{}:{}'\n", command->name, zsh_text(command->summary));
  }
  text +=
      "  )\n  for word in ${words[2,CURRENT-1]}; do\n"
      "    [[ -z $command ]] && (( ${commands[(I)$word:*]} )) && command=$word\n"
      "    [[ $word == -- ]] && { _normal; return }\n  done\n  case $command in\n";
  for (const Command* command : all_commands()) {
    const std::string words = operand_words(*command);
    const std::string operand =
        words.empty() ? "'*: :'" : fmt::format("'*:{}:({} {})'", "word", command->name, words);
    text += fmt::format("    {})\n      _arguments -S \\\n{}      {} ;;\n", command->name,
                        zsh_flags(command->name), operand);
  }
  text += fmt::format(
      "    *)\n      _arguments -S \\\n{}      '*: :{{_describe command commands}}' ;;\n",
      zsh_flags(""));
  return text +
         "  esac\n}\nif [[ $funcstack[1] == _tidegate ]]; then\n  _tidegate \"$@\"\nelse\n"
         "  compdef _tidegate tidegate\nfi\n";
}

std::string fish_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string fish_flag(const Setting& setting, std::string_view condition) {
  std::string line = fmt::format("complete -c tidegate{} -l {}", condition, setting.name);
  if (setting.letter != 0) line += fmt::format(" -s {}", setting.letter);
  if (!setting.choices.empty()) {
    line += fmt::format(" -x -a '{}'", fmt::join(setting.choices, " "));
  } else if (names_a_path(setting)) {
    line += " -r -F";
  } else if (setting.kind != ValueKind::on_off) {
    line += " -x";
  }
  return line + fmt::format(" -d '{}'\n", fish_text(setting.help));
}

std::string fish_script() {
  std::string text =
      "# fish completion for tidegate: tidegate completion fish\ncomplete -c tidegate -f\n";
  for (const Command* command : all_commands()) {
    text += fmt::format("complete -c tidegate -n __fish_use_subcommand -a {} -d '{}'\n",
                        command->name, fish_text(command->summary));
    const std::string condition =
        fmt::format(" -n '__fish_seen_subcommand_from {}'", command->name);
    const std::string words = operand_words(*command);
    if (!words.empty()) text += fmt::format("complete -c tidegate{} -a '{}'\n", condition, words);
    for (const Setting& setting : all_settings()) {
      const bool own = !setting.is_global() && setting.belongs_to(command->name);
      if (own && is_offered(setting)) text += fish_flag(setting, condition);
    }
  }
  for (const Setting& setting : all_settings()) {
    if (setting.is_global() && is_offered(setting)) text += fish_flag(setting, "");
  }
  return text;
}

ExitCode run_completion(Context& context) {
  const std::string& shell = context.options.operands.front();
  const std::string script = completion_script(shell);
  if (script.empty()) {
    throw Error(ErrorCode::usage, fmt::format("there is no completion for '{}'", shell),
                "write bash, zsh or fish");
  }
  context.out.write(script);
  return ExitCode::done;
}

}  // namespace

std::string completion_script(std::string_view shell) {
  if (shell == "bash") return bash_script();
  if (shell == "zsh") return zsh_script();
  if (shell == "fish") return fish_script();
  return {};
}

const Command kCompletionCommand = {
    .name = "completion",
    .operand = "SHELL",
    .summary = "print the completion script for bash, zsh or fish",
    .description =
        "Prints a script that completes commands, flags and their values.\n"
        "  bash    source <(tidegate completion bash)\n"
        "  zsh     source <(tidegate completion zsh)\n"
        "  fish    tidegate completion fish | source",
    .run = run_completion,
};

}  // namespace tidegate::cli
