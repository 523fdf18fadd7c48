#include "drivers/all_drivers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "tidegate/error.h"

namespace tidegate {
namespace {

/// One driver, and how a URL of it looks. A new driver is a row here.
struct DriverRow {
  const Driver& driver;
  std::string_view example;
};

const std::vector<DriverRow>& rows() {
  static const std::vector<DriverRow> kRows = {
#ifdef TIDEGATE_WITH_POSTGRES
      {postgres_driver(), "postgres://USER@HOST:PORT/DATABASE"},
#endif
#ifdef TIDEGATE_WITH_MYSQL
      {mysql_driver(), "mysql://USER@HOST:PORT/DATABASE"},
#endif
#ifdef TIDEGATE_WITH_SQLITE
      {sqlite_driver(), "sqlite:PATH"},
#endif
  };
  return kRows;
}

/// `oracle:` of `oracle://…`; the rest of a URL may hold a password and is never shown.
std::string_view scheme_of(std::string_view url) {
  const std::size_t colon = url.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  const std::string_view name = url.substr(0, colon);
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.';
  });
  const bool slashes = url.substr(colon + 1).starts_with("//");
  return plain && slashes ? url.substr(0, colon + 1) : std::string_view();
}

}  // namespace

std::span<const Driver* const> all_drivers() {
  static const std::vector<const Driver*> kDrivers = [] {
    std::vector<const Driver*> drivers;
    for (const DriverRow& row : rows()) drivers.push_back(&row.driver);
    return drivers;
  }();
  return kDrivers;
}

const Driver& driver_for(std::string_view url) {
  std::vector<std::string_view> examples;
  for (const DriverRow& row : rows()) {
    if (row.driver.recognises(url)) return row.driver;
    examples.push_back(row.example);
  }
  const std::string_view scheme = scheme_of(url);
  throw Error(ErrorCode::usage,
              scheme.empty()
                  ? "the database URL has no scheme that is known here"
                  : fmt::format("the database URL's scheme '{}' is not known here", scheme),
              fmt::format("use {}", fmt::join(examples, " or ")));
}

}  // namespace tidegate
