#include "drivers/postgres/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace tidegate::postgres {
namespace {

/// What a code or a whole class (two letters) of codes means.
struct Meaning {
  std::string_view sqlstate;
  ErrorCode for_ours;
  ErrorCode for_migration;
};

constexpr std::array kMeanings = {
    Meaning{"08", ErrorCode::connection_lost, ErrorCode::connection_lost},
    Meaning{"22012", ErrorCode::statement_failed, ErrorCode::statement_failed},
    Meaning{"25006", ErrorCode::read_only, ErrorCode::read_only},
    Meaning{"25P03", ErrorCode::connection_lost, ErrorCode::connection_lost},
    Meaning{"28", ErrorCode::access_denied, ErrorCode::statement_failed},
    Meaning{"3D000", ErrorCode::no_database, ErrorCode::statement_failed},
    Meaning{"3F000", ErrorCode::no_table, ErrorCode::statement_failed},
    Meaning{"40P01", ErrorCode::lock_timeout, ErrorCode::lock_timeout},
    Meaning{"42501", ErrorCode::no_permission, ErrorCode::statement_failed},
    Meaning{"42703", ErrorCode::foreign_table, ErrorCode::statement_failed},
    Meaning{"42804", ErrorCode::foreign_table, ErrorCode::statement_failed},
    Meaning{"42883", ErrorCode::foreign_table, ErrorCode::statement_failed},
    Meaning{"42P01", ErrorCode::no_table, ErrorCode::statement_failed},
    Meaning{"53100", ErrorCode::disk_full, ErrorCode::disk_full},
    Meaning{"53300", ErrorCode::unreachable, ErrorCode::statement_failed},
    Meaning{"55P03", ErrorCode::lock_timeout, ErrorCode::lock_timeout},
    Meaning{"57P01", ErrorCode::connection_lost, ErrorCode::connection_lost},
    Meaning{"57P02", ErrorCode::connection_lost, ErrorCode::connection_lost},
    Meaning{"57P03", ErrorCode::unreachable, ErrorCode::unreachable},
    Meaning{"57P05", ErrorCode::connection_lost, ErrorCode::connection_lost},
};

/// Why the server or libpq didn't let us in, by SQLSTATE.
struct Refusal {
  std::string_view sqlstate;
  ErrorCode code;
  std::string_view hint;
};

constexpr std::string_view kWhenFull =
    "end some sessions, or raise the server's max_connections or the role's CONNECTION LIMIT";

constexpr std::array kRefusals = {
    Refusal{"28P01", ErrorCode::access_denied,
            "check the password in the URL, PGPASSWORD or the password file"},
    Refusal{"28000", ErrorCode::access_denied,
            "check the role's name and the server's pg_hba.conf"},
    Refusal{"42501", ErrorCode::access_denied, "grant the role CONNECT on the database"},
    Refusal{"3D000", ErrorCode::no_database,
            "make it with 'tidegate create', or correct the name in the URL"},
    Refusal{"53300", ErrorCode::unreachable, kWhenFull},
    Refusal{"53400", ErrorCode::unreachable, kWhenFull},
    Refusal{"57P03", ErrorCode::unreachable, "wait until the server accepts connections"},
    Refusal{"57P01", ErrorCode::unreachable, "wait until the server is back"},
    Refusal{"08P01", ErrorCode::unreachable, "ask the pooler's or the server's log why"},
};

/// The same by words of libpq, which has no codes of its own. The words are in English: the
/// program never calls setlocale, so libpq doesn't translate.
struct Symptom {
  std::string_view words;
  ErrorCode code;
  std::string_view hint;
};

constexpr std::string_view kCheckTls =
    "check sslmode and sslrootcert in the URL, and the server's certificate";

/// A program with the static libpq (docs/building.md) has neither Kerberos nor LDAP, and says so.
constexpr std::string_view kBuildWithIt =
    "connect another way, or build Tidegate with -DTIDEGATE_LINK_STATIC=OFF";

constexpr std::array kSymptoms = {
    Symptom{"is built without", ErrorCode::access_denied, kBuildWithIt},
    Symptom{
        "GSSAPI encryption required", ErrorCode::access_denied,
        "get a ticket with kinit, or relax gssencmode; a Tidegate that is linked statically has "
        "no Kerberos: build it with -DTIDEGATE_LINK_STATIC=OFF"},
    Symptom{"does not support SSL", ErrorCode::access_denied,
            "turn on ssl at the server, or relax sslmode in the URL"},
    Symptom{"SSL error", ErrorCode::access_denied, kCheckTls},
    Symptom{"certificate", ErrorCode::access_denied, kCheckTls},
    Symptom{"no password supplied", ErrorCode::access_denied,
            "give the password in the URL, PGPASSWORD or the password file"},
    Symptom{"could not translate host name", ErrorCode::unreachable,
            "check the host name in the URL"},
    Symptom{"definition of service", ErrorCode::usage, "check PGSERVICEFILE and the service name"},
    Symptom{"service file", ErrorCode::usage, "check PGSERVICEFILE and the service name"},
    Symptom{"Connection refused", ErrorCode::unreachable,
            "check host and port, and that the server runs"},
    Symptom{"No such file or directory", ErrorCode::unreachable,
            "check the socket's directory, and that the server runs"},
    Symptom{"session is read-only", ErrorCode::unreachable,
            "wait for a primary, or relax target_session_attrs in the URL"},
    Symptom{"session is not read-only", ErrorCode::unreachable,
            "wait for a standby, or relax target_session_attrs in the URL"},
};

std::string first_line(std::string_view text) {
  text = trimmed(text);
  return std::string(trimmed(text.substr(0, text.find('\n'))));
}

struct ServerWords {
  std::string sqlstate;
  std::string message;
};

bool is_sqlstate(std::string_view text) {
  return text.size() == 5 && std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || (c >= 'A' && c <= 'Z');
         });
}

/// Finds the last `FATAL:  28P01: message` of a verbose message; with several hosts there are
/// several. The severity is in the server's language, so only its form is looked at.
ServerWords server_words(std::string_view text) {
  ServerWords words;
  std::size_t at = 0;
  while ((at = text.find(":  ", at)) != std::string_view::npos) {
    const std::string_view rest = text.substr(at + 3);
    if (rest.size() > 7 && is_sqlstate(rest.substr(0, 5)) && rest.substr(5, 2) == ": ") {
      words = {std::string(rest.substr(0, 5)), first_line(rest.substr(7))};
    }
    at += 3;
  }
  return words;
}

}  // namespace

ErrorCode code_of(std::string_view sqlstate, Author author) {
  for (const Meaning& meaning : kMeanings) {
    if (!sqlstate.starts_with(meaning.sqlstate)) continue;
    return author == Author::ours ? meaning.for_ours : meaning.for_migration;
  }
  return ErrorCode::statement_failed;
}

std::string field_of(const PGresult* result, int field) {
  const char* value = PQresultErrorField(result, field);
  return value == nullptr ? std::string() : std::string(value);
}

bool ends_session(const PGresult* result) {
  const std::string severity = field_of(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  return severity == "FATAL" || severity == "PANIC";
}

Error error_of(const PGresult* result, Author author) {
  const std::string sqlstate = field_of(result, PG_DIAG_SQLSTATE);
  std::string message = field_of(result, PG_DIAG_MESSAGE_PRIMARY);
  if (message.empty()) message = first_line(PQresultErrorMessage(result));
  const ErrorCode code =
      ends_session(result) ? ErrorCode::connection_lost : code_of(sqlstate, author);
  Error error(code, std::move(message));
  error.server_code = sqlstate;
  const std::array<std::pair<int, std::string_view>, 3> facts = {{
      {PG_DIAG_MESSAGE_DETAIL, "DETAIL"},
      {PG_DIAG_MESSAGE_HINT, "HINT"},
      {PG_DIAG_CONTEXT, "CONTEXT"},
  }};
  for (const auto& [field, name] : facts) {
    const std::string text = field_of(result, field);
    if (text.empty()) continue;
    if (!error.detail.empty()) error.detail += '\n';
    error.detail += fmt::format("{}: {}", name, text);
  }
  return error;
}

Error connect_error(std::string_view message, std::string_view shown) {
  const ServerWords words = server_words(message);
  const auto refusal = std::find_if(kRefusals.begin(), kRefusals.end(), [&](const Refusal& row) {
    return row.sqlstate == words.sqlstate;
  });
  if (refusal != kRefusals.end()) {
    Error error(refusal->code, fmt::format("cannot connect to {}: {}", shown, words.message),
                std::string(refusal->hint));
    error.server_code = words.sqlstate;
    return error;
  }
  const std::string reason =
      words.sqlstate.empty() ? first_line(message) : first_line(words.message);
  for (const Symptom& symptom : kSymptoms) {
    if (message.find(symptom.words) == std::string_view::npos) continue;
    return {symptom.code, fmt::format("cannot connect to {}: {}", shown, reason),
            std::string(symptom.hint)};
  }
  const bool our_mistake = reason.starts_with("invalid ") && words.sqlstate.empty();
  Error error(our_mistake ? ErrorCode::usage : ErrorCode::unreachable,
              fmt::format("cannot connect to {}: {}", shown, reason),
              our_mistake ? "correct the URL" : "check host and port, and the server's log");
  error.server_code = words.sqlstate;
  return error;
}

Error lost_error(ErrorCode code, std::string_view reason) {
  const std::string why = first_line(reason);
  Error error(code, code == ErrorCode::outcome_unknown
                        ? "the connection was lost before the server said whether it committed"
                        : "the connection to the server was lost");
  error.detail = why;
  if (code == ErrorCode::outcome_unknown) error.hint = "look at the history before anything else";
  return error;
}

}  // namespace tidegate::postgres
