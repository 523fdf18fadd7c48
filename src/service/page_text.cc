#include "service/page_text.h"

#include <fmt/format.h>

#include "tidegate/development_page.h"

namespace tidegate {
namespace {

constexpr std::string_view kStyle = R"css(
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto;
         padding: 0 1rem; }
  h1 { font-size: 1.4rem; }
  code, pre, td { font-family: ui-monospace, monospace; font-size: .9rem; }
  pre { padding: .8rem; border-left: 4px solid #c0392b; overflow-x: auto; white-space: pre-wrap; }
  td { padding: .15rem 1rem .15rem 0; }
  button { font: inherit; padding: .5rem 1.2rem; border: 0; border-radius: .4rem;
           background: #0b6bcb; color: #fff; cursor: pointer; }
  small { opacity: .7; }
)css";

std::string rows_of(const GateState& state, const MigrationSet& build) {
  std::string rows;
  for (const Version& version : state.missing) {
    const Migration* migration = build.find(version);
    rows += fmt::format("<tr><td>{}</td><td>{}</td></tr>\n", html_of(version.text()),
                        migration == nullptr ? "" : html_of(migration->name));
  }
  return rows;
}

/// Pressing helps where something is pending that nobody is at.
bool has_button(const GateState& state) {
  switch (state.verdict) {
    case Verdict::no_history:
    case Verdict::pending:
    case Verdict::failed:
    case Verdict::stalled:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string html_of(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string page_text(const GateState& state, const MigrationSet& build, std::string_view token,
                      std::string_view failure) {
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n"
      "<title>The database is not ready</title>\n<style>{}</style>\n</head>\n<body>\n"
      "<h1>The database is not ready: {}</h1>\n<p>{}</p>\n",
      kStyle, to_string(state.verdict), html_of(state.reason));
  if (!state.recipe.empty()) page += fmt::format("<p>{}</p>\n", html_of(state.recipe));
  if (!failure.empty()) page += fmt::format("<pre>{}</pre>\n", html_of(failure));
  if (!state.missing.empty()) {
    page += fmt::format("<table>\n{}</table>\n", rows_of(state, build));
  }
  if (has_button(state)) {
    page += fmt::format(
        "<form method=\"post\" action=\"{}\">\n"
        "<p><button name=\"token\" value=\"{}\">Apply {} migration{}</button></p>\n</form>\n",
        DevelopmentPage::kMigratePath, html_of(token), state.missing.size(),
        state.missing.size() == 1 ? "" : "s");
  }
  return page + "<p><small>Shown by Tidegate, in development only.</small></p>\n</body>\n</html>\n";
}

}  // namespace tidegate
