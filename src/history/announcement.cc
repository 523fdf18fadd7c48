#include "history/announcement.h"

#include <fmt/format.h>

#include <charconv>

namespace tidegate {

namespace {

std::string_view take_word(std::string_view& rest) {
  const std::size_t end = rest.find(' ');
  const std::string_view word = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return word;
}

}  // namespace

std::string encode(const Announcement& announcement) {
  if (!announcement.recorded) return fmt::format("ended - 0 {}", announcement.schema);
  return fmt::format("applied {} {} {}", announcement.recorded->text(),
                     announcement.remaining_count, announcement.schema);
}

std::optional<Announcement> decode_announcement(std::string_view payload) {
  const std::string_view what = take_word(payload);
  const std::string_view version = take_word(payload);
  const std::string_view remaining = take_word(payload);
  Announcement announcement;
  const auto [end, error] = std::from_chars(remaining.data(), remaining.data() + remaining.size(),
                                            announcement.remaining_count);
  if (error != std::errc() || end != remaining.data() + remaining.size()) return std::nullopt;
  announcement.schema = std::string(payload);
  if (what == "ended") return announcement;
  if (what != "applied" || version.empty()) return std::nullopt;
  announcement.recorded = Version(std::string(version));
  return announcement;
}

}  // namespace tidegate
