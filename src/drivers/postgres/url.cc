#include "drivers/postgres/url.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <vector>

#include "base/ascii.h"
#include "tidegate/error.h"

namespace tidegate::postgres {
namespace {

constexpr std::string_view kForms =
    "write postgres://USER@HOST:PORT/DATABASE, or host=HOST dbname=DATABASE";

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

std::optional<std::string_view> after_scheme(std::string_view text) {
  // A Phoenix release is configured with ecto://…, whatever its database.
  for (std::string_view scheme : {"postgresql:", "postgres:", "ecto:"}) {
    if (text.starts_with(scheme)) return text.substr(scheme.size());
  }
  return std::nullopt;
}

bool is_keyword(std::string_view word) {
  const Options known(PQconndefaults());
  if (!known) return false;
  for (const PQconninfoOption* option = known.get(); option->keyword != nullptr; ++option) {
    if (word == option->keyword) return true;
  }
  return false;
}

/// The word before the first `=`, as in `host=…`.
std::string_view first_keyword(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\n");
  const std::size_t equals = text.find('=');
  if (begin == std::string_view::npos || equals == std::string_view::npos || equals < begin) {
    return {};
  }
  const std::string_view word = text.substr(begin, equals - begin);
  return word.substr(0, word.find_last_not_of(" \t\n") + 1);
}

[[noreturn]] void refuse(std::string message, std::string hint = std::string(kForms)) {
  throw Error(ErrorCode::usage, std::move(message), std::move(hint));
}

/// A password with a bare `@` or `/` moves the borders of all other parts, and a piece of it would
/// show up as host, port or database in later messages. So such a URL is refused at once.
void refuse_stray_at(std::string_view after_slashes) {
  const std::string_view authority_and_path = after_slashes.substr(0, after_slashes.find('?'));
  const std::size_t slash = authority_and_path.find('/');
  const std::string_view authority = authority_and_path.substr(0, slash);
  const bool in_path = slash != std::string_view::npos &&
                       authority_and_path.find('@', slash) != std::string_view::npos;
  if (in_path || std::count(authority.begin(), authority.end(), '@') > 1) {
    refuse("the database URL has an '@' too many",
           "write special characters in its user or password percent-encoded: %40 for '@', %2F "
           "for '/'");
  }
}

bool is_plain_word(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(),
                                      [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

/// What libpq quoted in its message; it may be a piece of a password, so look before showing it.
std::string_view quoted_part(std::string_view message) {
  const std::size_t open = message.find('"');
  if (open == std::string_view::npos) return {};
  const std::size_t close = message.find('"', open + 1);
  if (close == std::string_view::npos) return {};
  return message.substr(open + 1, close - open - 1);
}

[[noreturn]] void refuse_as_libpq_did(std::string_view text, std::string_view reason) {
  const auto says = [&](std::string_view words) {
    return reason.find(words) != std::string_view::npos;
  };
  if (says("URI query parameter")) {
    const std::string_view word = quoted_part(reason);
    const bool safe = is_plain_word(word) && text.find('@', text.find('?')) == text.npos;
    refuse(safe ? fmt::format("the database URL has an unknown parameter '{}'", word)
                : "the database URL has an unknown parameter");
  }
  if (says("percent-encoded")) {
    refuse("the database URL has a '%' that is not followed by two hexadecimal digits",
           "write '%' itself as %25");
  }
  if (says("IPv6")) {
    refuse("the database URL's IPv6 address is malformed",
           "write the address in brackets: postgres://[::1]:5432/DATABASE");
  }
  if (says("invalid connection option")) {
    const std::string_view word = quoted_part(reason);
    const bool safe = is_plain_word(word) && text.find("pass") == std::string_view::npos;
    refuse(safe ? fmt::format("the database text has an unknown keyword '{}'", word)
                : "the database text has an unknown keyword",
           "put values that hold spaces in single quotes");
  }
  if (says("missing \"=\"")) {
    refuse("the database text has a word without '='",
           "put values that hold spaces in single quotes");
  }
  if (says("unterminated quoted string")) {
    refuse("the database text has a quote that is not closed", "close it, or write it as \\'");
  }
  refuse("the database URL is malformed");
}

void check_ports(const ConnectionSettings& settings) {
  const auto found = settings.find("port");
  if (found == settings.end()) return;
  std::string_view ports = found->second;
  while (true) {
    const std::size_t comma = ports.find(',');
    const std::string_view port = ports.substr(0, comma);
    int number = 0;
    const auto [end, wrong] = std::from_chars(port.data(), port.data() + port.size(), number);
    const bool whole = wrong == std::errc() && end == port.data() + port.size();
    if (!port.empty() && (!whole || number < 1 || number > 65535)) {
      // Anything but digits may be a piece of a password with a bare '/' in it.
      const bool digits =
          std::all_of(port.begin(), port.end(), [](char c) { return is_digit(c) || c == '-'; });
      refuse(digits ? fmt::format("the database URL's port {} is not between 1 and 65535", port)
                    : "the database URL's port is not a number");
    }
    if (comma == std::string_view::npos) return;
    ports.remove_prefix(comma + 1);
  }
}

/// libpq checks these only while it connects; a misspelt value is the user's mistake, not the
/// server's.
void check_choices(const ConnectionSettings& settings) {
  struct Choice {
    std::string_view keyword;
    std::vector<std::string_view> values;
  };
  static const std::array<Choice, 3> kChoices = {{
      {"sslmode", {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}},
      {"target_session_attrs",
       {"any", "read-write", "read-only", "primary", "standby", "prefer-standby"}},
      {"gssencmode", {"disable", "prefer", "require"}},
  }};
  for (const Choice& choice : kChoices) {
    const auto found = settings.find(std::string(choice.keyword));
    if (found == settings.end()) continue;
    const auto& values = choice.values;
    if (std::find(values.begin(), values.end(), found->second) != values.end()) continue;
    refuse(fmt::format("the database URL's {} has an unknown value", choice.keyword),
           fmt::format("use one of {}", fmt::join(values, ", ")));
  }
}

/// The settings, completed by what libpq would take from the environment.
ConnectionSettings with_defaults(const ConnectionSettings& settings) {
  ConnectionSettings all;
  const Options known(PQconndefaults());
  if (known) {
    for (const PQconninfoOption* option = known.get(); option->keyword != nullptr; ++option) {
      if (option->val != nullptr && *option->val != '\0') all[option->keyword] = option->val;
    }
  }
  for (const auto& [keyword, value] : settings) all[keyword] = value;
  return all;
}

std::string value_of(const ConnectionSettings& settings, const std::string& keyword) {
  const auto found = settings.find(keyword);
  return found == settings.end() ? std::string() : found->second;
}

std::vector<std::string> list_of(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t comma = text.find(',', begin);
    parts.push_back(text.substr(begin, comma == text.npos ? text.npos : comma - begin));
    if (comma == std::string::npos) return parts;
    begin = comma + 1;
  }
}

bool is_socket(std::string_view host) { return host.starts_with('/') || host.starts_with('@'); }

/// `host:port` for each host; sockets, which a URL can't hold there, go into `sockets`.
std::string shown_hosts(const ConnectionSettings& all, std::string& socket) {
  std::string hosts = value_of(all, "host");
  if (hosts.empty()) hosts = value_of(all, "hostaddr");
  if (is_socket(hosts)) {
    socket = hosts;
    return {};
  }
  const std::vector<std::string> ports = list_of(value_of(all, "port"));
  std::string text;
  std::size_t index = 0;
  for (const std::string& host : list_of(hosts)) {
    if (index > 0) text += ',';
    text += host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
    const std::string& port = ports.size() == 1      ? ports[0]
                              : index < ports.size() ? ports[index]
                                                     : std::string();
    if (!port.empty() && !host.empty()) text += ":" + port;
    ++index;
  }
  return text;
}

}  // namespace

bool recognises(std::string_view text) {
  return after_scheme(text).has_value() || is_keyword(first_keyword(text));
}

ConnectionSettings settings_of(std::string_view text) {
  const std::optional<std::string_view> rest = after_scheme(text);
  if (rest) {
    if (!rest->starts_with("//")) refuse("the database URL lacks '//' after its scheme");
    refuse_stray_at(rest->substr(2));
  }
  if (text.find('\0') != std::string_view::npos) refuse("the database URL holds a NUL byte");
  char* raw_reason = nullptr;
  const std::string known = rest ? fmt::format("postgres:{}", *rest) : std::string(text);
  const Options parsed(PQconninfoParse(known.c_str(), &raw_reason));
  const std::unique_ptr<char, decltype(&PQfreemem)> reason(raw_reason, &PQfreemem);
  if (!parsed) refuse_as_libpq_did(text, reason ? reason.get() : "");
  ConnectionSettings settings;
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr && *option->val != '\0') settings[option->keyword] = option->val;
  }
  check_ports(settings);
  check_choices(settings);
  return settings;
}

std::string database_of(const ConnectionSettings& settings) {
  const ConnectionSettings all = with_defaults(settings);
  const std::string name = value_of(all, "dbname");
  return name.empty() ? value_of(all, "user") : name;
}

std::string shown(const ConnectionSettings& settings) {
  if (settings.contains("service") && !settings.contains("host")) {
    // Host and database stand in the service file, which libpq reads when it connects.
    return fmt::format("postgres://?service={}", settings.at("service"));
  }
  const ConnectionSettings all = with_defaults(settings);
  std::string socket;
  const std::string hosts = shown_hosts(all, socket);
  std::string text = "postgres://";
  const std::string user = value_of(all, "user");
  if (!user.empty()) text += user + "@";
  text += hosts + "/" + database_of(settings);
  if (!socket.empty()) text += "?host=" + socket;
  return text;
}

DatabaseUrl parse(std::string_view text) {
  const ConnectionSettings settings = settings_of(text);
  return {.text = std::string(text),
          .engine = "postgres",
          .shown = shown(settings),
          .database = database_of(settings)};
}

}  // namespace tidegate::postgres
