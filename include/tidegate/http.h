#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidegate {

/// A request, as far as we look at it; whatever server took it in.
struct HttpRequest {
  std::string_view method;
  std::string_view target;  ///< path and query
  std::string_view body;
  std::string_view accept = {};  ///< the header of that name
};

/// What to answer; the adapters in tidegate/adapters make a server's own response of it.
struct HttpResponse {
  struct Header {
    std::string name;
    std::string value;
  };
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<Header> headers;
};

}  // namespace tidegate
