#include "base/quote.h"

namespace tidegate {

namespace {

std::string enclosed(std::string_view text, char mark) {
  std::string result(1, mark);
  for (const char c : text) {
    if (c == mark) result += mark;
    result += c;
  }
  return result + mark;
}

}  // namespace

std::string quoted(std::string_view name) { return enclosed(name, '"'); }

std::string backticked(std::string_view name) { return enclosed(name, '`'); }

std::string literal(std::string_view text) { return enclosed(text, '\''); }

}  // namespace tidegate
