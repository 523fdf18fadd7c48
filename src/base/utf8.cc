#include "base/utf8.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace tidegate {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080U;

std::uint8_t byte_at(std::string_view text, std::size_t offset) {
  return offset < text.size() ? static_cast<std::uint8_t>(text[offset]) : std::uint8_t{0};
}

bool is_continuation(std::uint8_t byte) { return (byte & 0xC0U) == 0x80U; }

/// The size of the sequence at `offset`, or 0 when it isn't one. Table 3-7 of the Unicode Standard:
/// only the second byte has limits that depend on the first.
std::size_t sequence_size(std::string_view text, std::size_t offset) {
  const std::uint8_t first = byte_at(text, offset);
  if (first < 0x80U) return 1;
  if (first < 0xC2U || first > 0xF4U) return 0;
  std::uint8_t lowest = 0x80U;
  std::uint8_t highest = 0xBFU;
  if (first == 0xE0U) lowest = 0xA0U;
  if (first == 0xED) highest = 0x9FU;
  if (first == 0xF0U) lowest = 0x90U;
  if (first == 0xF4U) highest = 0x8FU;
  const std::uint8_t second = byte_at(text, offset + 1);
  if (second < lowest || second > highest) return 0;
  const std::size_t size = first < 0xE0U ? 2 : first < 0xF0U ? 3 : 4;
  for (std::size_t i = 2; i < size; ++i) {
    if (!is_continuation(byte_at(text, offset + i))) return 0;
  }
  return size;
}

/// Past the bytes that are plain ASCII, eight at a time: nearly all of a dump is.
std::size_t skip_ascii(std::string_view text, std::size_t offset) {
  while (offset + sizeof(std::uint64_t) <= text.size()) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + offset, sizeof eight);
    if ((eight & kHighBits) != 0) break;
    offset += sizeof eight;
  }
  return offset;
}

}  // namespace

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
  for (std::size_t offset = skip_ascii(text, 0); offset < text.size();) {
    const std::size_t size = sequence_size(text, offset);
    if (size == 0) return offset;
    offset = size == 1 ? skip_ascii(text, offset + 1) : offset + size;
  }
  return std::nullopt;
}

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return !is_continuation(static_cast<std::uint8_t>(c));
  }));
}

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

}  // namespace tidegate
