#include "drivers/mysql/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/ascii.h"
#include "base/nearest.h"
#include "tidegate/error.h"

namespace tidegate::mysql {
namespace {

constexpr std::string_view kForm = "write mysql://USER@HOST:PORT/DATABASE";

[[noreturn]] void refuse(std::string message, std::string hint = std::string(kForm)) {
  throw Error(ErrorCode::usage, std::move(message), std::move(hint));
}

std::string_view scheme_of(std::string_view text) {
  for (const std::string_view scheme : {"mysql", "mariadb"}) {
    if (text.size() > scheme.size() && text[scheme.size()] == ':' &&
        equals_ignoring_case(text.substr(0, scheme.size()), scheme)) {
      return scheme;
    }
  }
  return {};
}

int hex_value(char digit) {
  if (is_digit(digit)) return digit - '0';
  const char lower = to_lower(digit);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string decoded(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      result += text[at];
      continue;
    }
    const int high = at + 2 < text.size() ? hex_value(text[at + 1]) : -1;
    const int low = at + 2 < text.size() ? hex_value(text[at + 2]) : -1;
    if (high < 0 || low < 0) {
      refuse("the database URL has a '%' that is not followed by two hexadecimal digits",
             "write '%' itself as %25");
    }
    result += static_cast<char>(high * 16 + low);
    at += 2;
  }
  if (result.find('\0') != std::string::npos) refuse("the database URL holds a NUL byte");
  return result;
}

/// Takes what stands before the first `mark` off `text`, and the mark; all of it where there is
/// none.
std::string_view take_until(std::string_view& text, char mark) {
  const std::size_t end = text.find(mark);
  const std::string_view part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return part;
}

std::uint16_t port_of(std::string_view digits) {
  unsigned number = 0;
  const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = wrong == std::errc() && end == digits.data() + digits.size();
  if (whole && number >= 1 && number <= std::numeric_limits<std::uint16_t>::max()) {
    return static_cast<std::uint16_t>(number);
  }
  // Anything but digits may be a piece of a password with a bare '/' in it.
  const bool plain = std::all_of(digits.begin(), digits.end(), is_digit);
  refuse(plain ? fmt::format("the database URL's port {} is not between 1 and 65535", digits)
               : "the database URL's port is not a number");
}

Host host_of(std::string_view text) {
  Host host;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    const std::string_view behind =
        close == std::string_view::npos ? std::string_view("?") : text.substr(close + 1);
    if (!behind.empty() && !behind.starts_with(':')) {
      refuse("the database URL's IPv6 address is malformed",
             "write the address in brackets: mysql://[::1]:3306/DATABASE");
    }
    host.name = decoded(text.substr(1, close - 1));
    if (!behind.empty()) port = behind.substr(1);
  } else {
    const std::size_t colon = text.rfind(':');
    host.name = decoded(text.substr(0, colon));
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
  }
  if (!port.empty()) host.port = port_of(port);
  return host;
}

/// A password with a bare `@`, `/` or `?` moves the borders of all other parts, and a piece of it
/// would show up as host, port or database in later messages. So such a URL is refused at once.
void refuse_stray_at(std::string_view authority_and_path) {
  const std::size_t at = authority_and_path.find('@');
  if (at == std::string_view::npos) return;
  if (authority_and_path.rfind('@') == at && at < authority_and_path.find('/')) return;
  refuse("the database URL has an '@' too many",
         "write special characters in its user or password percent-encoded: %40 for '@', %2F for "
         "'/'");
}

SslMode ssl_mode_of(std::string_view value) {
  std::string name = to_lower(value);
  std::replace(name.begin(), name.end(), '-', '_');
  if (name == "disabled") return SslMode::disabled;
  if (name == "preferred") return SslMode::preferred;
  if (name == "required") return SslMode::required;
  if (name == "verify_identity") return SslMode::verify_identity;
  if (name == "verify_ca") {
    refuse("ssl-mode=VERIFY_CA, without a look at the server's name, isn't known here",
           "use ssl-mode=VERIFY_IDENTITY");
  }
  refuse("the database URL's ssl-mode has an unknown value",
         "use one of DISABLED, PREFERRED, REQUIRED, VERIFY_IDENTITY");
}

std::chrono::seconds seconds_of(std::string_view value) {
  int number = 0;
  const auto [end, wrong] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (wrong != std::errc() || end != value.data() + value.size() || number < 1) {
    refuse("the database URL's connect-timeout is not a number of seconds",
           "write it as connect-timeout=10");
  }
  return std::chrono::seconds(number);
}

bool yes_or_no(std::string_view name, std::string_view value) {
  if (value == "1" || value == "true" || value == "on" || value == "yes") return true;
  if (value == "0" || value == "false" || value == "off" || value == "no") return false;
  refuse(fmt::format("the database URL's {} is neither true nor false", name),
         fmt::format("write {}=true", name));
}

/// A parameter whose value is taken as it is.
struct TextParameter {
  std::string_view name;
  std::string ConnectionSettings::*member;
};

constexpr std::array kTextParameters = {
    TextParameter{"socket", &ConnectionSettings::socket},
    TextParameter{"default-file", &ConnectionSettings::default_file},
    TextParameter{"default-group", &ConnectionSettings::default_group},
    TextParameter{"ssl-ca", &ConnectionSettings::ssl_ca},
    TextParameter{"ssl-capath", &ConnectionSettings::ssl_capath},
    TextParameter{"ssl-cert", &ConnectionSettings::ssl_cert},
    TextParameter{"ssl-key", &ConnectionSettings::ssl_key},
    TextParameter{"ssl-crl", &ConnectionSettings::ssl_crl},
    TextParameter{"ssl-cipher", &ConnectionSettings::ssl_cipher},
    TextParameter{"tls-version", &ConnectionSettings::tls_version},
};

[[noreturn]] void refuse_parameter(std::string_view name) {
  std::vector<std::string_view> known = {"ssl-mode", "ssl-verify", "connect-timeout"};
  for (const TextParameter& parameter : kTextParameters) known.push_back(parameter.name);
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return is_ascii_letter(c) || c == '-' || c == '_';
  });
  const std::string_view meant = plain ? nearest(name, known) : std::string_view();
  refuse(plain ? fmt::format("the database URL has an unknown parameter '{}'", name)
               : "the database URL has an unknown parameter",
         meant.empty() ? fmt::format("use one of {}", fmt::join(known, ", "))
                       : fmt::format("did you mean '{}'?", meant));
}

void apply(std::string_view text, ConnectionSettings& settings) {
  std::string name = to_lower(take_until(text, '='));
  std::replace(name.begin(), name.end(), '_', '-');
  const std::string value = decoded(text);
  for (const TextParameter& parameter : kTextParameters) {
    if (parameter.name != name) continue;
    settings.*parameter.member = value;
    return;
  }
  if (name == "ssl-mode") {
    settings.ssl_mode = ssl_mode_of(value);
  } else if (name == "ssl-verify") {
    if (yes_or_no(name, value)) settings.ssl_mode = SslMode::verify_identity;
  } else if (name == "connect-timeout") {
    settings.connect_timeout = seconds_of(value);
  } else {
    refuse_parameter(name);
  }
}

void check(const ConnectionSettings& settings) {
  const bool from_file = !settings.default_file.empty() || !settings.default_group.empty();
  if (settings.database.empty() && !from_file) {
    refuse("the database URL names no database");
  }
  if (!settings.socket.empty() && settings.hosts.size() > 1) {
    refuse("the database URL has a socket and several hosts", "leave one of them out");
  }
  const bool several_without_name =
      settings.hosts.size() > 1 && std::any_of(settings.hosts.begin(), settings.hosts.end(),
                                               [](const Host& host) { return host.name.empty(); });
  if (several_without_name) refuse("the database URL has an empty host", "remove the comma");
}

}  // namespace

bool recognises(std::string_view text) { return !scheme_of(text).empty(); }

ConnectionSettings settings_of(std::string_view text) {
  ConnectionSettings settings;
  settings.scheme = scheme_of(text);
  if (settings.scheme.empty()) refuse("the database URL is neither mysql:// nor mariadb://");
  text.remove_prefix(settings.scheme.size() + 1);
  if (!text.starts_with("//")) refuse("the database URL lacks '//' after its scheme");
  text.remove_prefix(2);
  std::string_view rest = take_until(text, '?');
  refuse_stray_at(rest);
  if (text.find('@') < text.find('=')) {
    refuse("the database URL's password has a bare '?' in it", "write it as %3F");
  }
  std::string_view authority = take_until(rest, '/');
  settings.database = decoded(rest);
  if (const std::size_t at = authority.find('@'); at != std::string_view::npos) {
    std::string_view password = authority.substr(0, at);
    const bool has_password = password.find(':') != std::string_view::npos;
    settings.user = decoded(take_until(password, ':'));
    if (has_password) settings.password = decoded(password);
    authority.remove_prefix(at + 1);
  }
  do {
    settings.hosts.push_back(host_of(take_until(authority, ',')));
  } while (!authority.empty());
  while (!text.empty()) apply(take_until(text, '&'), settings);
  check(settings);
  return settings;
}

std::string with_database(std::string_view text, std::string_view database) {
  const std::size_t query = std::min(text.find('?'), text.size());
  const std::size_t path = std::min(text.find('/', text.find("//") + 2), query);
  std::string result = fmt::format("{}/", text.substr(0, path));
  for (const char c : database) {
    const bool plain = is_ascii_letter(c) || is_digit(c) || c == '_';
    result += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result.append(text.substr(query));
}

std::string shown(const Host& host) {
  const bool is_address = host.name.find(':') != std::string::npos;
  const std::string name = is_address ? fmt::format("[{}]", host.name) : host.name;
  return host.port ? fmt::format("{}:{}", name, *host.port) : name;
}

std::string shown(const ConnectionSettings& settings) {
  std::string text = settings.scheme + "://";
  if (!settings.user.empty()) text += settings.user + "@";
  for (const Host& host : settings.hosts) {
    if (&host != settings.hosts.data()) text += ',';
    text += shown(host);
  }
  text += "/" + settings.database;
  std::string_view mark = "?";
  for (const std::string_view name : {"socket", "default-file", "default-group"}) {
    const auto* parameter =
        std::find_if(kTextParameters.begin(), kTextParameters.end(),
                     [&](const TextParameter& one) { return one.name == name; });
    const std::string& value = settings.*parameter->member;
    if (value.empty()) continue;
    text += fmt::format("{}{}={}", mark, name, value);
    mark = "&";
  }
  return text;
}

DatabaseUrl parse(std::string_view text) {
  const ConnectionSettings settings = settings_of(text);
  return {.text = std::string(text),
          .engine = "mysql",
          .shown = shown(settings),
          .database = settings.database};
}

}  // namespace tidegate::mysql
