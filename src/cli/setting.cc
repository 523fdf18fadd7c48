#include "cli/setting.h"

#include "base/ascii.h"

namespace tidegate::cli {
namespace {

constexpr std::string_view kLogFormats[] = {"text", "json"};
constexpr std::string_view kColors[] = {"auto", "always", "never"};
constexpr std::string_view kPhases[] = {"expand", "contract", "all"};

constexpr std::string_view kPatterns[] = {"job", "replicas"};

constexpr std::string_view kRunning = " migrate rollback ";
constexpr std::string_view kTargeting = " migrate rollback plan ";
constexpr std::string_view kForward = " migrate plan ";

constexpr Setting kSettings[] = {
    {.name = "database",
     .letter = 'd',
     .kind = ValueKind::list,
     .value_name = "URL",
     .help = "the database; several times for several databases, all of which must be ready"},
    {.name = "dir",
     .kind = ValueKind::list,
     .value_name = "DIR",
     .help = "the folder of migrations, read with all below it; several are merged by version "
             "(default: migrations)"},
    {.name = "format",
     .value_name = "NAME",
     .help = "the folder's format, see 'tidegate formats' (default: found by content)"},
    {.name = "schema",
     .kind = ValueKind::list,
     .value_name = "NAME",
     .help = "the tenant's schema: history inside, SQL run with it as search path; several times "
             "for several tenants, or a pattern for all that are there: 'tenant_*'"},
    {.name = "history-table",
     .value_name = "NAME",
     .help = "the table of what was applied (default: the format's own)"},
    {.name = "history-schema",
     .value_name = "NAME",
     .help = "the schema that holds that table (default: --schema, or the role's own)"},
    {.name = "lock",
     .value_name = "NAME",
     .help = "the lock protocol: session, transaction, lease, file (default: by the server)"},
    {.name = "holder",
     .value_name = "NAME",
     .help = "how this replica calls itself while it holds the lock (default: host and pid)"},
    {.name = "allow-empty",
     .kind = ValueKind::on_off,
     .help = "take a folder without migrations as one that needs nothing"},
    {.name = "config",
     .value_name = "FILE",
     .help = "the config file (default: tidegate.toml in the working directory, if there)",
     .origins = Origins::flag_and_environment},
    {.name = "log-format",
     .kind = ValueKind::choice,
     .value_name = "FORMAT",
     .help = "text for people, json for programs: one object a line (default: text)",
     .choices = kLogFormats},
    {.name = "quiet", .letter = 'q', .kind = ValueKind::on_off, .help = "print errors only"},
    {.name = "log-sql", .kind = ValueKind::on_off, .help = "print each statement before it runs"},
    {.name = "color",
     .kind = ValueKind::choice,
     .value_name = "WHEN",
     .help = "auto, always or never; NO_COLOR is respected (default: auto)",
     .choices = kColors},
    {.name = "help",
     .letter = 'h',
     .kind = ValueKind::on_off,
     .help = "print this help",
     .origins = Origins::flag_only},

    {.name = "to",
     .kind = ValueKind::version,
     .value_name = "V",
     .help = "go as far as version V; rollback reverts V too",
     .origins = Origins::flag_and_environment,
     .commands = kTargeting},
    {.name = "to-exclusive",
     .kind = ValueKind::version,
     .value_name = "V",
     .help = "go as far as version V, but leave V itself",
     .origins = Origins::flag_and_environment,
     .commands = kTargeting},
    {.name = "step",
     .letter = 'n',
     .kind = ValueKind::count,
     .value_name = "N",
     .help = "go N migrations far",
     .origins = Origins::flag_and_environment,
     .commands = kTargeting},
    {.name = "all",
     .kind = ValueKind::on_off,
     .help = "go all the way: what migrate does anyway",
     .origins = Origins::flag_and_environment,
     .commands = kTargeting},
    {.name = "phase",
     .kind = ValueKind::choice,
     .value_name = "PHASE",
     .help = "only migrations of that phase: expand, contract or all (default: all)",
     .origins = Origins::flag_and_environment,
     .commands = kForward,
     .choices = kPhases},
    {.name = "strict-order",
     .kind = ValueKind::on_off,
     .help = "refuse a migration that is older than the newest applied one",
     .commands = kForward},
    {.name = "dry-run",
     .kind = ValueKind::on_off,
     .help = "print what would be done, do nothing",
     .origins = Origins::flag_and_environment,
     .commands = kRunning},
    {.name = "single-transaction",
     .kind = ValueKind::on_off,
     .help = "apply all that is pending in one transaction, or nothing",
     .commands = " migrate "},
    {.name = "wait-timeout",
     .kind = ValueKind::duration,
     .value_name = "TIME",
     .help = "how long to wait for another replica's run (default: as long as it takes)",
     .commands = kRunning},
    {.name = "connect-timeout",
     .kind = ValueKind::duration,
     .value_name = "TIME",
     .help = "how long to try to reach the server (default: 10s, and 5m for one that is there but "
             "full or starting)",
     .commands = kRunning},
    {.name = "lock-timeout",
     .kind = ValueKind::duration,
     .value_name = "TIME",
     .help = "how long a statement waits for a table that others use, before it is tried again; a "
             "file's own lock-timeout beats it (default: 5s)",
     .commands = kRunning},

    {.name = "timeout",
     .kind = ValueKind::duration,
     .value_name = "TIME",
     .help = "how long to wait (default: 5m)",
     .commands = " wait "},
    {.name = "for",
     .kind = ValueKind::version,
     .value_name = "V",
     .help = "wait only for version V and what is below it",
     .origins = Origins::flag_and_environment,
     .commands = " wait "},
    {.name = "no-fail-fast",
     .kind = ValueKind::on_off,
     .help = "go on waiting when a migration failed or a person is needed",
     .commands = " wait "},
    {.name = "interval",
     .kind = ValueKind::duration,
     .value_name = "TIME",
     .help = "the longest pause between two looks (default: 1s)",
     .commands = " wait "},

    {.name = "check",
     .kind = ValueKind::on_off,
     .help = "exit 3 when something needed is pending, 7 when a person is needed",
     .origins = Origins::flag_and_environment,
     .commands = " status "},
    {.name = "json",
     .kind = ValueKind::on_off,
     .help = "print one JSON document",
     .origins = Origins::flag_and_environment,
     .commands = " status plan version "},

    {.name = "no-down",
     .kind = ValueKind::on_off,
     .help = "make no file for the undo",
     .commands = " new "},

    {.name = "yes",
     .letter = 'y',
     .kind = ValueKind::on_off,
     .help = "don't ask",
     .origins = Origins::flag_only,
     .commands = " drop "},
    {.name = "force",
     .kind = ValueKind::on_off,
     .help = "don't ask: drop ends the sessions of others first, generate replaces what was edited",
     .origins = Origins::flag_only,
     .commands = " drop generate "},

    {.name = "done",
     .kind = ValueKind::on_off,
     .help = "the interrupted statement took effect",
     .origins = Origins::flag_only,
     .commands = " resolve "},
    {.name = "undone",
     .kind = ValueKind::on_off,
     .help = "the interrupted statement left nothing behind",
     .origins = Origins::flag_only,
     .commands = " resolve "},

    {.name = "output",
     .letter = 'o',
     .value_name = "DIR",
     .help = "the folder that the files go into (default: the working directory)",
     .origins = Origins::flag_only,
     .commands = " generate "},
    {.name = "name",
     .value_name = "NAME",
     .help = "the service's name (default: made from that of the working directory)",
     .origins = Origins::flag_and_generate_table,
     .commands = " generate "},
    {.name = "image",
     .value_name = "IMAGE",
     .help = "the service's image, with the tag of this build (default: NAME:1.0.0)",
     .origins = Origins::flag_and_generate_table,
     .commands = " generate "},
    {.name = "gate-image",
     .value_name = "IMAGE",
     .help = "the image of the gate and the migrations (default: the service's, with -gate put "
             "behind its name)",
     .origins = Origins::flag_and_generate_table,
     .commands = " generate "},
    {.name = "pattern",
     .kind = ValueKind::choice,
     .value_name = "WHO",
     .help =
         "who migrates: job, while each replica waits; or replicas, each of them (default: job)",
     .origins = Origins::flag_and_generate_table,
     .commands = " generate ",
     .choices = kPatterns},
    {.name = "phases",
     .kind = ValueKind::on_off,
     .help = "expand migrations before the rollout, contract migrations after it",
     .origins = Origins::flag_and_generate_table,
     .commands = " generate "},
    {.name = "phoenix",
     .kind = ValueKind::on_off,
     .help = "for a Phoenix release, whose own bin/migrate migrates",
     .origins = Origins::flag_and_generate_table,
     .commands = " generate "},
    {.name = "replicas",
     .kind = ValueKind::count,
     .value_name = "N",
     .help = "how many replicas there are (default: 3)",
     .origins = Origins::flag_and_generate_table,
     .commands = " generate "},
    {.name = "port",
     .kind = ValueKind::count,
     .value_name = "N",
     .help = "the port that the service listens at (default: 8080; for Phoenix 4000)",
     .origins = Origins::flag_and_generate_table,
     .commands = " generate "},
    {.name = "deadline",
     .kind = ValueKind::duration,
     .value_name = "TIME",
     .help = "how long a migration may take, and a replica waits for it (default: 10m)",
     .origins = Origins::flag_and_generate_table,
     .commands = " generate "},
    {.name = "secret",
     .value_name = "NAME",
     .help = "the Kubernetes secret with the key DATABASE_URL (default: NAME-database)",
     .origins = Origins::flag_and_generate_table,
     .commands = " generate "},
    {.name = "user-id",
     .kind = ValueKind::count,
     .value_name = "N",
     .help = "the user that containers run as (default: 65532; for Phoenix 65534)",
     .origins = Origins::flag_and_generate_table,
     .commands = " generate "},
    {.name = "health-path",
     .value_name = "PATH",
     .help = "where the service says that it is alive (default: /healthz; for Phoenix /)",
     .origins = Origins::flag_and_generate_table,
     .commands = " generate "},
    {.name = "ready-path",
     .value_name = "PATH",
     .help = "where it says that it may get requests (default: /readyz; for Phoenix /)",
     .origins = Origins::flag_and_generate_table,
     .commands = " generate "},

    {.name = "man",
     .kind = ValueKind::on_off,
     .help = "print the man page",
     .origins = Origins::flag_only,
     .commands = " help ",
     .shown = Setting::Shown::no},
};

constexpr std::string_view kTargets[] = {"to", "to-exclusive", "step", "all"};
constexpr std::string_view kLoudness[] = {"quiet", "log-sql"};
constexpr std::span<const std::string_view> kExclusiveGroups[] = {kTargets, kLoudness};

}  // namespace

bool Setting::belongs_to(std::string_view command) const {
  if (is_global()) return true;
  const std::size_t found = commands.find(command);
  return !command.empty() && found != std::string_view::npos && commands[found - 1] == ' ' &&
         commands[found + command.size()] == ' ';
}

std::span<const Setting> all_settings() { return kSettings; }

const Setting* find_setting(std::string_view name) {
  for (const Setting& setting : kSettings) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

std::string environment_name(const Setting& setting) {
  std::string name = "TIDEGATE_";
  for (const char c : setting.name) {
    name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  }
  return name;
}

std::span<const std::span<const std::string_view>> exclusive_groups() { return kExclusiveGroups; }

}  // namespace tidegate::cli
