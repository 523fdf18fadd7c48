#pragma once

#include <random>
#include <span>
#include <string>
#include <string_view>

namespace tidegate {

/// Makes texts out of pieces and spoils them, always the same for one seed: the small brother of
/// a fuzzer, for tests that every build runs.
class Mutator {
 public:
  Mutator(unsigned seed, std::span<const std::string_view> pieces)
      : random_(seed), pieces_(pieces) {}

  std::string next() {
    std::string text;
    for (std::size_t count = below(16); count > 0; --count) text += pieces_[below(pieces_.size())];
    for (std::size_t count = below(4); count > 0; --count) spoil(text);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  void spoil(std::string& text) {
    if (text.empty()) return;
    const std::size_t at = below(text.size());
    switch (below(4)) {
      case 0:
        text.erase(at, 1 + below(4));
        break;
      case 1:
        text[at] = static_cast<char>(below(256));
        break;
      case 2:
        text.insert(at, pieces_[below(pieces_.size())]);
        break;
      default:
        text.resize(at);
        break;
    }
  }

  std::mt19937 random_;
  std::span<const std::string_view> pieces_;
};

}  // namespace tidegate
