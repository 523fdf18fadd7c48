#pragma once

#include <mysql.h>

#include <memory>
#include <string>

#include "drivers/mysql/url.h"

namespace tidegate::mysql {

struct CloseHandle {
  void operator()(MYSQL* handle) const { mysql_close(handle); }
};
using OpenHandle = std::unique_ptr<MYSQL, CloseHandle>;

/// A handle of the library's with all of a URL's options, not connected yet. Null without memory.
OpenHandle new_handle(const ConnectionSettings& settings, const Host& host,
                      const std::string& application_name);

/// What mysql_real_connect takes for one host; null where an option file or the library decides.
struct ConnectArguments {
  const char* host = nullptr;
  const char* user = nullptr;
  const char* password = nullptr;
  const char* database = nullptr;
  unsigned port = 0;
  const char* socket = nullptr;
};

/// Points into `settings` and `host`.
ConnectArguments arguments_of(const ConnectionSettings& settings, const Host& host);

}  // namespace tidegate::mysql
