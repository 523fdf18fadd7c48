#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/driver.h"

namespace tidegate::mysql {

/// One server of a URL that names several.
struct Host {
  std::string name;                   ///< empty: the library's default, or the option file's
  std::optional<std::uint16_t> port;  ///< one that is named is a TCP port, also on `localhost`
};

/// How a connection is protected. The names are those of the servers' own clients.
enum class SslMode { disabled, preferred, required, verify_identity };

/// A database URL taken apart. What is absent here, an option file or the library fills in.
struct ConnectionSettings {
  std::string scheme;       ///< `mysql` or `mariadb`, as the user wrote it
  std::vector<Host> hosts;  ///< tried in order; at least one
  std::string user;
  std::optional<std::string> password;
  std::string database;
  std::string socket;
  std::string default_file;
  std::string default_group;
  SslMode ssl_mode = SslMode::preferred;
  std::string ssl_ca;
  std::string ssl_capath;
  std::string ssl_cert;
  std::string ssl_key;
  std::string ssl_crl;
  std::string ssl_cipher;
  std::string tls_version;
  std::optional<std::chrono::seconds> connect_timeout;
};

/// Whether `text` begins with `mysql:` or `mariadb:`.
bool recognises(std::string_view text);

/// Takes a URL apart; looks at no file.
///
/// Throws: Error{usage} naming the part that is wrong, never the password.
ConnectionSettings settings_of(std::string_view text);

/// The URL for people, without any password.
std::string shown(const ConnectionSettings& settings);

/// The same URL with another database.
std::string with_database(std::string_view text, std::string_view database);

/// One of its hosts for people: `db1:3306`.
std::string shown(const Host& host);

DatabaseUrl parse(std::string_view text);

}  // namespace tidegate::mysql
