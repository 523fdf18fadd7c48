#pragma once

#include <httplib.h>

#include <optional>
#include <string>

#include "tidegate/development_page.h"
#include "tidegate/readiness.h"

/// For services on cpp-httplib.
namespace tidegate::adapters {

/// Writes our answer into the server's.
inline void put(const HttpResponse& from, httplib::Response& into) {
  into.status = from.status;
  for (const HttpResponse::Header& header : from.headers) {
    into.set_header(header.name.c_str(), header.value.c_str());
  }
  into.set_content(from.body, from.content_type.c_str());
}

/// Answers GET `path` with whether the service may be sent requests. `readiness` outlives the
/// server.
inline void serve_readiness(httplib::Server& server, const Readiness& readiness,
                            const std::string& path = "/readyz") {
  server.Get(path.c_str(), [&readiness](const httplib::Request&, httplib::Response& response) {
    put(readiness.response(), response);
  });
}

/// Puts the page in front of all that the server serves. Takes the server's pre-routing handler;
/// `page` outlives the server.
inline void serve_development_page(httplib::Server& server, DevelopmentPage& page) {
  const auto answer = [&page](const httplib::Request& request) {
    const std::string accept = request.get_header_value("Accept");
    return page.answer({request.method, request.path, request.body, accept});
  };
  // Where a request is routed, its body is still to be read.
  server.Post(DevelopmentPage::kMigratePath,
              [answer](const httplib::Request& request, httplib::Response& response) {
                if (const auto made = answer(request)) put(*made, response);
              });
  server.set_pre_routing_handler(
      [answer](const httplib::Request& request, httplib::Response& response) {
        const auto made = request.method == "GET" ? answer(request) : std::nullopt;
        if (!made) return httplib::Server::HandlerResponse::Unhandled;
        put(*made, response);
        return httplib::Server::HandlerResponse::Handled;
      });
}

}  // namespace tidegate::adapters
