#include "sql/meta_commands.h"

#include <fmt/format.h>

#include "base/ascii.h"

namespace tidegate {
namespace {

struct MetaCommand {
  std::string_view name;
  std::string_view recipe;
};

constexpr std::string_view kInclude = "put the statements of the included file here";
constexpr std::string_view kConnect =
    "remove it: --database says where migrations run; give another database a folder of its own";
constexpr std::string_view kVariable = "write the value itself where it is used";
constexpr std::string_view kDump = "remove the line: pg_dump writes it for psql alone";
constexpr std::string_view kQuery = "end the statement with a semicolon instead";
constexpr std::string_view kCondition =
    "write the condition in SQL: DO $$ BEGIN IF … END IF; END $$";
constexpr std::string_view kOther = "remove it, or say it in SQL";

constexpr MetaCommand kMetaCommands[] = {
    {"i", kInclude},
    {"ir", kInclude},
    {"include", kInclude},
    {"include_relative", kInclude},
    {"c", kConnect},
    {"connect", kConnect},
    {"set", kVariable},
    {"gset", kVariable},
    {"prompt", kVariable},
    {"restrict", kDump},
    {"unrestrict", kDump},
    {"g", kQuery},
    {"gx", kQuery},
    {"gexec", kQuery},
    {"gdesc", kQuery},
    {";", kQuery},
    {"if", kCondition},
    {"elif", kCondition},
    {"else", kCondition},
    {"endif", kCondition},
    {"copy", "use COPY … FROM stdin with the rows below it and \\. on a line of its own"},
    {".", "remove it: it ends the rows of a COPY … FROM stdin, and there is none"},
};

std::string_view recipe_for(std::string_view name) {
  for (const MetaCommand& command : kMetaCommands) {
    if (command.name == name) return command.recipe;
  }
  return kOther;
}

/// Letters, digits and underscores, or a single other character as in `\;`.
std::string_view name_at(std::string_view text, std::size_t offset) {
  std::size_t size = 0;
  const std::string_view rest = text.substr(offset);
  while (size < rest.size() &&
         (is_ascii_letter(rest[size]) || is_digit(rest[size]) || rest[size] == '_')) {
    ++size;
  }
  const bool one_sign = size == 0 && !rest.empty() && rest[0] > ' ' && rest[0] <= '~';
  return rest.substr(0, one_sign ? 1 : size);
}

}  // namespace

Finding meta_command_finding(std::string_view text, std::size_t offset) {
  const std::string_view name = name_at(text, offset + 1);
  return {Severity::error,
          "psql_meta_command",
          {},
          fmt::format("\\{} is a command of psql, which no server understands", name),
          std::string(recipe_for(name))};
}

}  // namespace tidegate
