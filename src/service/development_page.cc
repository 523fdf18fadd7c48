#include "tidegate/development_page.h"

#include <fmt/format.h>

#include <mutex>
#include <random>
#include <utility>

#include "service/page_text.h"
#include "tidegate/start.h"

namespace tidegate {
namespace {

std::string make_token() {
  std::random_device random;
  std::string token;
  for (int part = 0; part < 4; ++part) token += fmt::format("{:08x}", random());
  return token;
}

/// As long for each wrong one of the right length, so that time tells nothing.
bool same(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  unsigned int difference = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    difference |= static_cast<unsigned char>(left[i]) ^ static_cast<unsigned char>(right[i]);
  }
  return difference == 0;
}

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

std::string text_of(const Error& error) {
  std::string text = error.place.file.empty() ? "" : to_string(error.place) + ": ";
  text += error.message;
  if (!error.statement.empty()) text += fmt::format("\n\n{}", error.statement);
  if (!error.hint.empty()) text += fmt::format("\n\n{}", error.hint);
  return text;
}

HttpResponse html(int status, std::string body) {
  return {status, "text/html; charset=utf-8", std::move(body), {{"Cache-Control", "no-store"}}};
}

}  // namespace

struct DevelopmentPage::Parts {
  DatabaseSettings database;
  LoadedFolder build;
  Readiness& readiness;
  const std::string token = make_token();
  std::mutex mutex = {};  // what the last press came to
  std::string failure = {};

  HttpResponse page(int status) {
    const std::lock_guard guard(mutex);
    return html(status, page_text(readiness.state(), build.set, token, failure));
  }

  void migrate() {
    std::string came_to;
    try {
      migrate_at_start(database, build);
    } catch (const Error& error) {
      came_to = text_of(error);
    }
    readiness.refresh();
    const std::lock_guard guard(mutex);
    failure = came_to;
  }

  /// The browser then asks for the service's first page with a GET: reloading it presses nothing.
  HttpResponse press(const HttpRequest& request) {
    if (!same(request.body, fmt::format("token={}", token))) return page(403);
    migrate();
    HttpResponse response = html(303, "");
    response.headers.push_back({"Location", "/"});
    return response;
  }
};

DevelopmentPage::DevelopmentPage(const DatabaseSettings& database, LoadedFolder build,
                                 Readiness& readiness)
    : parts_(new Parts{database, std::move(build), readiness}) {}

DevelopmentPage::~DevelopmentPage() = default;

std::optional<HttpResponse> DevelopmentPage::answer(const HttpRequest& request) {
  const bool is_press = request.method == "POST" && path_of(request.target) == kMigratePath;
  if (is_press) return parts_->press(request);
  const bool wants_page = request.accept.find("text/html") != std::string_view::npos;
  if (parts_->readiness.ready() || !wants_page) return std::nullopt;
  return parts_->page(503);
}

}  // namespace tidegate
