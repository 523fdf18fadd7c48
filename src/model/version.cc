#include <limits>
#include <utility>

#include "base/ascii.h"
#include "tidegate/migration.h"

namespace tidegate {
namespace {

/// Takes the next part off `text`: a run of digits or a run of anything else.
std::string_view take_part(std::string_view& text) {
  std::size_t size = 1;
  while (size < text.size() && is_digit(text[size]) == is_digit(text[0])) ++size;
  const std::string_view part = text.substr(0, size);
  text.remove_prefix(size);
  return part;
}

/// What plain digits mean, which a leading zero or too many of them keep from being plain.
std::uint64_t number_of(std::string_view text) {
  constexpr std::size_t kMostDigits = 19;
  if (text.empty() || text.front() == '0' || text.size() > kMostDigits) return 0;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (!is_digit(c)) return 0;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

std::string_view without_leading_zeros(std::string_view digits) {
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  return digits;
}

std::strong_ordering compare_parts(std::string_view left, std::string_view right) {
  if (!is_digit(left.front()) || !is_digit(right.front())) return left <=> right;
  left = without_leading_zeros(left);
  right = without_leading_zeros(right);
  // Digits of any length: the longer number is the larger, and of equal length bytes decide.
  if (left.size() != right.size()) return left.size() <=> right.size();
  return left <=> right;
}

}  // namespace

Version::Version(std::string text) : text_(std::move(text)), number_(number_of(text_)) {}

std::optional<Version> Version::parse_integer(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  for (char c : digits) {
    if (!is_digit(c)) return std::nullopt;
  }
  digits = without_leading_zeros(digits);
  constexpr std::string_view kHighest = "9223372036854775807";
  static_assert(std::numeric_limits<std::int64_t>::max() == 9223372036854775807);
  if (digits.size() > kHighest.size()) return std::nullopt;
  if (digits.size() == kHighest.size() && digits > kHighest) return std::nullopt;
  return Version(std::string(digits));
}

std::strong_ordering operator<=>(const Version& left, const Version& right) {
  if (left.number_ != 0 && right.number_ != 0) return left.number_ <=> right.number_;
  std::string_view left_rest = left.text_;
  std::string_view right_rest = right.text_;
  while (!left_rest.empty() && !right_rest.empty()) {
    const auto order = compare_parts(take_part(left_rest), take_part(right_rest));
    if (order != 0) return order;
  }
  if (left_rest.empty() != right_rest.empty()) return right_rest.empty() <=> left_rest.empty();
  // 01 and 1 are the same number but not the same text; `==` tells them apart, so must the order.
  return left.text_ <=> right.text_;
}

}  // namespace tidegate
