#pragma once

#include <memory>
#include <optional>

#include "tidegate/database.h"
#include "tidegate/folder.h"
#include "tidegate/http.h"
#include "tidegate/readiness.h"

namespace tidegate {

/// For development: while migrations are pending, whoever asks the service for HTML gets a page
/// that lists them and has a button that applies them, under the lock as always. Others, such as a
/// probe, get what the service answers.
///
/// Nothing serves it unless a program makes one. The button needs a token that only the page has,
/// so that no other site's page can press it; whoever can open the page can press it, which is why
/// it has no place in production.
///
/// Threads: any.
class DevelopmentPage {
 public:
  /// Where the button's POST goes.
  static constexpr const char* kMigratePath = "/_tidegate/migrate";

  /// `readiness` outlives the page.
  ///
  /// Throws: Error{usage} for settings that are wrong.
  DevelopmentPage(const DatabaseSettings& database, LoadedFolder build, Readiness& readiness);
  ~DevelopmentPage();

  /// What to answer in the service's place; nothing when the database is ready.
  ///
  /// Writes and blocks: for the button only, as `migrate_at_start`.
  std::optional<HttpResponse> answer(const HttpRequest& request);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tidegate
