#include "drivers/mysql/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tidegate::mysql {
namespace {

/// The client library's own numbers begin here, and the server's end.
constexpr unsigned kFirstOfClient = 2000;
constexpr unsigned kLastOfClient = 2999;
constexpr unsigned kNoSocket = 2002;
constexpr unsigned kUnknownHost = 2005;
constexpr unsigned kTlsError = 2026;
constexpr unsigned kOptionForbids = 1290;
/// The library's own word for a way to log in that we don't take part in.
constexpr unsigned kMethodNotAllowed = 5010;

struct Meaning {
  unsigned number;
  ErrorCode for_ours;
  ErrorCode for_migration;
};

constexpr std::array kMeanings = {
    Meaning{1020, ErrorCode::lock_timeout, ErrorCode::lock_timeout},
    Meaning{1021, ErrorCode::disk_full, ErrorCode::disk_full},
    Meaning{1044, ErrorCode::no_permission, ErrorCode::statement_failed},
    Meaning{1049, ErrorCode::no_database, ErrorCode::statement_failed},
    Meaning{1054, ErrorCode::foreign_table, ErrorCode::statement_failed},
    Meaning{1114, ErrorCode::disk_full, ErrorCode::disk_full},
    Meaning{1142, ErrorCode::no_permission, ErrorCode::statement_failed},
    Meaning{1143, ErrorCode::no_permission, ErrorCode::statement_failed},
    Meaning{1146, ErrorCode::no_table, ErrorCode::statement_failed},
    Meaning{1205, ErrorCode::lock_timeout, ErrorCode::lock_timeout},
    Meaning{1213, ErrorCode::lock_timeout, ErrorCode::lock_timeout},
    Meaning{1227, ErrorCode::no_permission, ErrorCode::statement_failed},
    Meaning{kOptionForbids, ErrorCode::read_only, ErrorCode::read_only},
    Meaning{1370, ErrorCode::no_permission, ErrorCode::statement_failed},
    Meaning{1792, ErrorCode::read_only, ErrorCode::read_only},
    Meaning{1836, ErrorCode::read_only, ErrorCode::read_only},
    Meaning{3572, ErrorCode::lock_timeout, ErrorCode::lock_timeout},
};

/// After these nothing can be asked any more. 1047 is a Galera node that has lost its cluster:
/// another node may still have it.
constexpr std::array kEnds = {1047U, 1053U, 1080U, 1152U, 1153U, 1159U, 1160U, 1161U,
                              1184U, 1927U, 2006U, 2013U, 2055U, 3169U, 4031U};

/// Why the server didn't let us in.
struct Refusal {
  unsigned number;
  ErrorCode code;
  std::string_view hint;
};

constexpr std::string_view kCheckUser =
    "check user and password in the URL, and from which hosts the server lets this user in";
constexpr std::string_view kWhenFull =
    "end some sessions, or raise the server's max_connections or the user's limit";
constexpr std::string_view kCheckTls =
    "check ssl-mode and ssl-ca in the URL, and the server's certificate";
constexpr std::string_view kCheckHost = "check host and port, and that the server runs";
constexpr std::string_view kCheckPlugin =
    "give the user a password that mysql_native_password or caching_sha2_password checks";

constexpr std::array kRefusals = {
    Refusal{1040, ErrorCode::unreachable, kWhenFull},
    Refusal{1044, ErrorCode::access_denied, "grant the user a right on the database"},
    Refusal{1045, ErrorCode::access_denied, kCheckUser},
    Refusal{1047, ErrorCode::unreachable, "wait until the node is back in its cluster"},
    Refusal{1049, ErrorCode::no_database,
            "make it with 'tidegate create', or correct the name in the URL"},
    Refusal{1053, ErrorCode::unreachable, "wait until the server is back"},
    Refusal{1129, ErrorCode::unreachable, "unblock this host with FLUSH HOSTS"},
    Refusal{1130, ErrorCode::access_denied, kCheckUser},
    Refusal{1203, ErrorCode::unreachable, kWhenFull},
    Refusal{1226, ErrorCode::unreachable, kWhenFull},
    Refusal{1251, ErrorCode::access_denied, kCheckPlugin},
    Refusal{1275, ErrorCode::access_denied, kCheckPlugin},
    Refusal{1698, ErrorCode::access_denied, kCheckUser},
    Refusal{3159, ErrorCode::access_denied, kCheckTls},
    Refusal{kNoSocket, ErrorCode::unreachable,
            "check the socket's path, or name host and port, and that the server runs"},
    Refusal{kUnknownHost, ErrorCode::unreachable, "check the host name in the URL"},
    Refusal{kTlsError, ErrorCode::access_denied, kCheckTls},
    Refusal{2058, ErrorCode::access_denied, kCheckPlugin},
    Refusal{2059, ErrorCode::access_denied, kCheckPlugin},
    Refusal{2061, ErrorCode::access_denied, kCheckPlugin},
    Refusal{kMethodNotAllowed, ErrorCode::access_denied,
            "let it prove that with ssl-mode=VERIFY_IDENTITY, or use its socket"},
};

bool is_clients_own(unsigned number) {
  return (number >= kFirstOfClient && number <= kLastOfClient) || number == kMethodNotAllowed;
}

/// The library names some other word of its memory there.
std::string_view reason_of(const ServerWords& words) {
  if (words.number != kMethodNotAllowed) return words.message;
  return "it asks for the password as it is, and hasn't proven who it is";
}

/// "The MariaDB server is running with the --read-only option so it cannot execute this statement".
/// The number is that of other options, too: --secure-file-priv.
bool tells_other_option(const ServerWords& words) {
  return words.number == kOptionForbids && words.message.find("read-only") == std::string::npos &&
         words.message.find("read_only") == std::string::npos;
}

/// "Got error 28 \"No space left on device\" from storage engine".
bool tells_full_disk(const std::string& message) {
  return message.find("No space left on device") != std::string::npos;
}

}  // namespace

ErrorCode code_of(unsigned number, Author author) {
  for (const Meaning& meaning : kMeanings) {
    if (meaning.number != number) continue;
    return author == Author::ours ? meaning.for_ours : meaning.for_migration;
  }
  return ErrorCode::statement_failed;
}

bool ends_session(unsigned number) { return std::ranges::find(kEnds, number) != kEnds.end(); }

Error error_of(const ServerWords& words, Author author) {
  ErrorCode code = code_of(words.number, author);
  if (tells_full_disk(words.message)) code = ErrorCode::disk_full;
  if (tells_other_option(words)) code = ErrorCode::statement_failed;
  Error error(code, words.message);
  error.server_code = std::to_string(words.number);
  if (!words.state.empty() && words.state != "00000") error.detail = "SQLSTATE " + words.state;
  return error;
}

Error connect_error(const ServerWords& words, std::string_view shown) {
  const auto refusal = std::find_if(kRefusals.begin(), kRefusals.end(),
                                    [&](const Refusal& row) { return row.number == words.number; });
  const bool known = refusal != kRefusals.end();
  // A server that answers and doesn't let us in has a reason that won't pass by itself.
  const ErrorCode usual =
      is_clients_own(words.number) ? ErrorCode::unreachable : ErrorCode::access_denied;
  Error error(known ? refusal->code : usual,
              fmt::format("cannot connect to {}: {}", shown, reason_of(words)),
              std::string(known ? refusal->hint : kCheckHost));
  if (!is_clients_own(words.number)) error.server_code = std::to_string(words.number);
  return error;
}

Error lost_error(ErrorCode code, std::string_view reason) {
  Error error(code, code == ErrorCode::outcome_unknown
                        ? "the connection was lost before the server said whether it committed"
                        : "the connection to the server was lost");
  error.detail = reason;
  if (code == ErrorCode::outcome_unknown) error.hint = "look at the history before anything else";
  return error;
}

}  // namespace tidegate::mysql
