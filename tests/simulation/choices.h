#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace tidegate::simulation {

/// Every decision that a story leaves open, drawn from a seed or told again from a list.
///
/// 0 is always the dullest answer (go on with whoever runs), and what a told list doesn't hold is
/// 0: so a story gets simpler when numbers are taken out of its list.
class Choices {
 public:
  explicit Choices(std::uint64_t seed) : random_(seed) {}
  explicit Choices(std::vector<std::uint8_t> told) : told_(std::move(told)), is_told_(true) {}

  /// One of `count`; 0 in all but one of `one_in` cases.
  std::size_t below(std::size_t count, unsigned one_in = 1) {
    if (count < 2) return 0;
    std::size_t choice = 0;
    if (is_told_) {
      choice = made_.size() < told_.size() ? told_[made_.size()] % count : 0;
    } else if (one_in <= 1 || random_() % one_in == 0) {
      choice = random_() % count;
    }
    made_.push_back(static_cast<std::uint8_t>(choice));
    return choice;
  }

  const std::vector<std::uint8_t>& made() const { return made_; }

 private:
  std::minstd_rand random_{1};
  std::vector<std::uint8_t> told_;
  bool is_told_ = false;
  std::vector<std::uint8_t> made_;
};

}  // namespace tidegate::simulation
