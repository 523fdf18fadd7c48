#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/verb.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "tidegate/development_page.h"
#include "tidegate/readiness.h"

/// For services on Boost.Beast.
namespace tidegate::adapters {

using BeastResponse = boost::beast::http::response<boost::beast::http::string_body>;

inline std::string_view view_of(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

/// Our answer as the server's, for a request of that version.
inline BeastResponse beast_response(HttpResponse from, unsigned int version, bool keep_alive) {
  BeastResponse into{static_cast<boost::beast::http::status>(from.status), version};
  into.set(boost::beast::http::field::content_type, from.content_type);
  for (const HttpResponse::Header& header : from.headers) into.set(header.name, header.value);
  into.keep_alive(keep_alive);
  into.body() = std::move(from.body);
  into.prepare_payload();
  return into;
}

/// Whether the service may be sent requests.
template <typename Body>
BeastResponse readiness_response(const Readiness& readiness,
                                 const boost::beast::http::request<Body>& request) {
  return beast_response(readiness.response(), request.version(), request.keep_alive());
}

/// What the page answers in the service's place; nothing when the database is ready.
template <typename Body>
std::optional<BeastResponse> development_response(
    DevelopmentPage& page, const boost::beast::http::request<Body>& request) {
  auto answer = page.answer({view_of(request.method_string()), view_of(request.target()),
                             request.body(), view_of(request[boost::beast::http::field::accept])});
  if (!answer) return std::nullopt;
  return beast_response(std::move(*answer), request.version(), request.keep_alive());
}

}  // namespace tidegate::adapters
