#include "drivers/mysql/open.h"

#include <cstdlib>

namespace tidegate::mysql {
namespace {

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

void set_tls(MYSQL* handle, const ConnectionSettings& settings) {
  if (settings.ssl_mode == SslMode::disabled) return;
  mysql_ssl_set(handle, or_null(settings.ssl_key), or_null(settings.ssl_cert),
                or_null(settings.ssl_ca), or_null(settings.ssl_capath),
                or_null(settings.ssl_cipher));
  if (!settings.ssl_crl.empty()) {
    mysql_options(handle, MYSQL_OPT_SSL_CRL, settings.ssl_crl.c_str());
  }
  if (!settings.tls_version.empty()) {
    mysql_options(handle, MARIADB_OPT_TLS_VERSION, settings.tls_version.c_str());
  }
  // Where the server has none the library goes on without, whatever this is called: who requires it
  // looks at what came of it.
  const my_bool use = 1;
  const my_bool verify = settings.ssl_mode == SslMode::verify_identity;
  mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &use);
  mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

/// The ways to prove a password that don't hand it over as it is. A server that isn't who it says
/// could ask for that, too; one that has proven its name, or is on this machine, may.
void restrict_authentication(MYSQL* handle, const ConnectionSettings& settings, const Host& host) {
  const bool is_here = !settings.socket.empty() || (host.name == "localhost" && !host.port);
  if (is_here || settings.ssl_mode == SslMode::verify_identity) return;
  mysql_options(handle, MARIADB_OPT_RESTRICTED_AUTH,
                "mysql_native_password,client_ed25519,caching_sha2_password,sha256_password,"
                "auth_gssapi_client");
}

}  // namespace

OpenHandle new_handle(const ConnectionSettings& settings, const Host& host,
                      const std::string& application_name) {
  OpenHandle handle(mysql_init(nullptr));
  if (!handle) return handle;
  if (!settings.default_file.empty()) {
    mysql_options(handle.get(), MYSQL_READ_DEFAULT_FILE, settings.default_file.c_str());
  }
  if (!settings.default_group.empty()) {
    mysql_options(handle.get(), MYSQL_READ_DEFAULT_GROUP, settings.default_group.c_str());
  }
  // Scripts are UTF-8, whatever the server's or an option file's character set.
  mysql_options(handle.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
  mysql_options4(handle.get(), MYSQL_OPT_CONNECT_ATTR_ADD, "program_name",
                 application_name.c_str());
  // A server could ask for any file of ours otherwise. An option file may allow it for LOAD DATA.
  const unsigned no_files = 0;
  mysql_options(handle.get(), MYSQL_OPT_LOCAL_INFILE, &no_files);
  if (host.port && settings.socket.empty()) {
    const unsigned tcp = MYSQL_PROTOCOL_TCP;
    mysql_options(handle.get(), MYSQL_OPT_PROTOCOL, &tcp);
  }
  set_tls(handle.get(), settings);
  restrict_authentication(handle.get(), settings, host);
  return handle;
}

ConnectArguments arguments_of(const ConnectionSettings& settings, const Host& host) {
  ConnectArguments arguments{.host = or_null(host.name),
                             .user = or_null(settings.user),
                             .password = settings.password ? settings.password->c_str() : nullptr,
                             .database = or_null(settings.database),
                             .port = host.port.value_or(0),
                             .socket = or_null(settings.socket)};
  // As the servers' own clients do.
  if (arguments.password == nullptr) arguments.password = std::getenv("MYSQL_PWD");
  return arguments;
}

}  // namespace tidegate::mysql
