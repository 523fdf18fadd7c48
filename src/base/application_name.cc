#include "base/application_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

namespace tidegate {
namespace {

constexpr std::string_view kTidegate = "tidegate";
constexpr std::size_t kLimitBytes = 63;
/// What `who` keeps at least, however long the label is.
constexpr std::size_t kWhoAtLeastBytes = 12;

/// PostgreSQL makes anything but printable ASCII a question mark; a space would part the name.
std::string one_word(std::string_view text) {
  std::string word(text);
  std::replace_if(
      word.begin(), word.end(), [](unsigned char c) { return c <= ' ' || c > '~'; }, '_');
  return word;
}

std::string printable(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < ' ' || c > '~'; }, '_');
  return out;
}

/// The last `limit` bytes, with a mark where something is missing.
std::string tail_of(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  if (limit == 0) return {};
  return "~" + std::string(text.substr(text.size() - (limit - 1)));
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    if (space > 0) words.push_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return words;
}

/// `3/10`
bool is_fraction(std::string_view word) {
  const std::size_t slash = word.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == word.size()) return false;
  return std::all_of(word.begin(), word.end(),
                     [](unsigned char c) { return std::isdigit(c) || c == '/'; });
}

}  // namespace

std::string application_name(std::string_view who) {
  if (who.empty()) return std::string(kTidegate);
  const std::size_t room = kLimitBytes - kTidegate.size() - 1;
  return fmt::format("{} {}", kTidegate, tail_of(one_word(who), room));
}

std::string application_name_with(std::string_view name, std::string_view label,
                                  StatementOfMany statement) {
  std::string progress = printable(label);
  const std::string fraction =
      statement.count > 1 ? fmt::format(" {}/{}", statement.number, statement.count) : "";
  const std::size_t taken = kTidegate.size() + 2 + kWhoAtLeastBytes + fraction.size();
  const std::size_t room = kLimitBytes > taken ? kLimitBytes - taken : 0;
  if (progress.size() > room) progress.resize(room);
  progress += fraction;

  const std::vector<std::string_view> words = words_of(name);
  const std::string_view first = words.empty() ? kTidegate : words[0];
  std::string text(first == kTidegate ? first : kTidegate);
  const std::string_view who =
      first == kTidegate ? (words.size() > 1 ? words[1] : std::string_view()) : first;
  if (!who.empty()) {
    const std::size_t used = text.size() + 2 + progress.size();
    text += " " + tail_of(who, kLimitBytes - used);
  }
  if (!progress.empty()) text += " " + progress;
  return text;
}

NameTold read_application_name(std::string_view name) {
  const std::vector<std::string_view> words = words_of(name);
  NameTold told;
  if (words.empty() || words[0] != kTidegate) return told;
  told.ours = true;
  std::size_t next = 1;
  if (words.size() > next && !is_fraction(words[next])) told.who = words[next++];
  for (; next < words.size(); ++next) {
    const bool last_fraction =
        next + 1 == words.size() && is_fraction(words[next]) && !told.progress.empty();
    if (last_fraction) {
      told.progress += ", statement ";
    } else if (!told.progress.empty()) {
      told.progress += ' ';
    }
    told.progress += words[next];
  }
  return told;
}

}  // namespace tidegate
