#include "cli/man_page.h"

#include <fmt/format.h>

#include "cli/all_commands.h"
#include "cli/help_text.h"
#include "cli/setting.h"

namespace tidegate::cli {
namespace {

/// `text` as roff takes it: a hyphen is a minus to copy from, a leading dot or quote no request.
std::string roff(std::string_view text) {
  std::string result;
  bool at_line_start = true;
  for (const char c : text) {
    if (at_line_start && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
    at_line_start = c == '\n';
  }
  return result;
}

/// A description: empty lines part paragraphs, indented lines are kept.
std::string paragraphs(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) {
      result += ".PP\n";
    } else if (line.starts_with(' ')) {
      result += ".br\n" + roff(line) + '\n';
    } else {
      result += roff(line) + '\n';
    }
  }
  return result;
}

std::string flag_entry(const Setting& setting) {
  std::string form = form_of(setting);
  form.erase(0, form.find_first_not_of(' '));
  return fmt::format(".TP\n.B {}\n{}\n", roff(form), roff(setting.help));
}

std::string exit_codes() {
  struct Row {
    std::string_view code, meaning;
  };
  constexpr Row kRows[] = {
      {"0", "done, or open"},
      {"1", "failed, in a way not below"},
      {"2", "usage: a flag, a URL, the config or the folder itself is wrong; nothing was sent"},
      {"3", "pending (status --check)"},
      {"4", "timed out; the last state is named"},
      {"5", "a migration failed"},
      {"6", "the server can't be reached (commands that don't wait)"},
      {"7", "blocked: needs a person's decision"},
      {"126, 127", "the command after -- can't be run, or isn't there"},
      {"128+n", "ended by signal n"},
  };
  std::string text = ".SH EXIT STATUS\n";
  for (const Row& row : kRows) {
    text += fmt::format(".TP\n.B {}\n{}\n", row.code, roff(row.meaning));
  }
  return text;
}

std::string environment() {
  std::string text = ".SH ENVIRONMENT\n";
  for (const Setting& setting : all_settings()) {
    if (!setting.may_stand_in_environment()) continue;
    text += fmt::format(".TP\n.B {}\n{}\n", environment_name(setting),
                        roff(fmt::format("--{}", setting.name)));
  }
  text += ".TP\n.B DATABASE_URL\nread where TIDEGATE_DATABASE isn't set\n";
  text += ".TP\n.B TIDEGATE_EDITOR\nopens the file that 'new' made\n";
  return text + ".TP\n.B NO_COLOR\nno colours\n";
}

}  // namespace

std::string man_page() {
  std::string text =
      ".TH TIDEGATE 1 \"\" \"tidegate " TIDEGATE_VERSION
      "\" \"User Commands\"\n"
      ".SH NAME\n"
      "tidegate \\- bring a database to the schema a build needs, and hold replicas until it is "
      "there\n"
      ".SH SYNOPSIS\n"
      ".B tidegate\n"
      "[\\fIFLAGS\\fR] \\fICOMMAND\\fR\n"
      ".SH COMMANDS\n";
  for (const Command* command : all_commands()) {
    text += fmt::format(".SS {}\n", roff(form_of(*command))) + paragraphs(command->description);
    for (const Setting& setting : all_settings()) {
      const bool own = !setting.is_global() && setting.belongs_to(command->name);
      if (own && setting.shown == Setting::Shown::yes) text += flag_entry(setting);
    }
  }
  text += ".SH FLAGS\nEvery command has these; they stand before or after it.\n";
  for (const Setting& setting : all_settings()) {
    if (setting.is_global()) text += flag_entry(setting);
  }
  text += environment();
  text +=
      ".SH FILES\n.TP\n.B tidegate.toml\nin the working directory: a key for each flag that isn't "
      "for one run only, and the table [generate] for those of generate\n";
  return text + exit_codes();
}

}  // namespace tidegate::cli
