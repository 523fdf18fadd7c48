#include "base/nearest.h"

#include <algorithm>
#include <vector>

#include "base/ascii.h"

namespace tidegate {
namespace {

// A longer text is no misspelt word, and the table below grows with the square.
constexpr std::size_t kLongestWord = 64;

}  // namespace

std::size_t edit_distance(std::string_view left, std::string_view right) {
  const std::size_t width = right.size() + 1;
  std::vector<std::size_t> table((left.size() + 1) * width);
  for (std::size_t i = 0; i <= left.size(); ++i) table[i * width] = i;
  for (std::size_t j = 0; j < width; ++j) table[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    for (std::size_t j = 1; j < width; ++j) {
      const std::size_t change = left[i - 1] == right[j - 1] ? 0 : 1;
      std::size_t best = std::min({table[(i - 1) * width + j] + 1, table[i * width + j - 1] + 1,
                                   table[(i - 1) * width + j - 1] + change});
      const bool swapped =
          i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) best = std::min(best, table[(i - 2) * width + j - 2] + 1);
      table[i * width + j] = best;
    }
  }
  return table.back();
}

std::string_view nearest(std::string_view written, std::span<const std::string_view> known) {
  if (written.empty() || written.size() > kLongestWord) return {};
  const std::string lower = to_lower(written);
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, written.size() / 3) + 1;
  for (std::string_view candidate : known) {
    const std::size_t distance = edit_distance(lower, candidate);
    if (distance >= best_distance || distance >= candidate.size()) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

}  // namespace tidegate
