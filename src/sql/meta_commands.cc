#include "sql/meta_commands.h"

#include <fmt/format.h>

#include <span>

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

constexpr MetaCommand kPsqlCommands[] = {
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

constexpr std::string_view kDelimiterWord = "DELIMITER";
constexpr std::string_view kDelimiter =
    "write DELIMITER and what shall end statements on a line of its own";

// https://mariadb.com/kb/en/mariadb-command-line-client/#mariadb-commands. USE is a statement, too,
// but everything behind it would be in another database than the lock and the history.
constexpr MetaCommand kMariadbShortCommands[] = {
    {".", kInclude},
    {"u", kConnect},
    {"r", kConnect},
    {"g", kQuery},
    {"G", kQuery},
    {"d", kDelimiter},
    {"-",
     "remove the line: mariadb-dump writes it for its "
     "own client alone"},
};

constexpr MetaCommand kMariadbWords[] = {
    {"source", kInclude},  {"use", kConnect},    {"connect", kConnect}, {"go", kQuery},
    {"ego", kQuery},       {"charset", kOther},  {"clear", kOther},     {"edit", kOther},
    {"exit", kOther},      {"help", kOther},     {"nopager", kOther},   {"notee", kOther},
    {"nowarning", kOther}, {"pager", kOther},    {"print", kOther},     {"prompt", kOther},
    {"quit", kOther},      {"rehash", kOther},   {"status", kOther},    {"system", kOther},
    {"tee", kOther},       {"warnings", kOther},
};

const MetaCommand* find_command(std::span<const MetaCommand> commands, std::string_view name) {
  for (const MetaCommand& command : commands) {
    if (command.name == name) return &command;
  }
  return nullptr;
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

bool is_client_word(std::string_view word, Client client) {
  return client == Client::mariadb && find_command(kMariadbWords, to_lower(word)) != nullptr;
}

Finding meta_command_finding(std::string_view text, std::size_t offset, Client client) {
  const bool is_word = text[offset] != '\\';
  const std::string_view name = name_at(text, is_word ? offset : offset + 1);
  if (client == Client::psql) {
    const MetaCommand* command = find_command(kPsqlCommands, name);
    return {Severity::error,
            "psql_meta_command",
            {},
            fmt::format("\\{} is a command of psql, which no server understands", name),
            std::string(command == nullptr ? kOther : command->recipe)};
  }
  const std::string_view letter = name.substr(0, 1);
  const MetaCommand* command = is_word ? find_command(kMariadbWords, to_lower(name))
                                       : find_command(kMariadbShortCommands, letter);
  return {Severity::error,
          "client_command",
          {},
          fmt::format("{}{} is a command of the mariadb client, which isn't run here",
                      is_word ? "" : "\\", is_word ? name : letter),
          std::string(command == nullptr ? kOther : command->recipe)};
}

std::size_t end_of_meta_command(std::string_view text, std::size_t offset, Client client) {
  const std::string_view rest = text.substr(offset);
  const bool ends_statement = client == Client::psql
                                  ? rest.starts_with("\\;")
                                  : rest.starts_with("\\g") || rest.starts_with("\\G");
  if (ends_statement) return offset + 2;
  const std::size_t end = text.find('\n', offset);
  return end == std::string_view::npos ? text.size() : end + 1;
}

bool begins_delimiter_command(std::string_view text) {
  return equals_ignoring_case(text.substr(0, kDelimiterWord.size()), kDelimiterWord) &&
         (text.size() == kDelimiterWord.size() || is_space(text[kDelimiterWord.size()]));
}

// https://mariadb.com/kb/en/delimiters/. The client reads up to a space, or between quotes.
std::optional<std::string_view> delimiter_of(std::string_view line) {
  line = trimmed(line.substr(kDelimiterWord.size()));
  const char quote = line.empty() ? '\0' : line.front();
  const bool is_quoted = quote == '\'' || quote == '"' || quote == '`';
  if (is_quoted) line.remove_prefix(1);
  const std::size_t end = line.find(is_quoted ? quote : ' ');
  if (is_quoted && end == std::string_view::npos) return std::nullopt;
  const std::string_view delimiter = line.substr(0, end);
  if (delimiter.empty() || delimiter.find('\\') != std::string_view::npos) return std::nullopt;
  return delimiter;
}

}  // namespace tidegate
