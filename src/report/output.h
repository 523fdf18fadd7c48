#pragma once

#include <atomic>
#include <string_view>

namespace tidegate {

/// Where text goes: a stream of the process, or a string in a test.
///
/// Threads: one at a time.
class Output {
 public:
  virtual ~Output() = default;

  /// Writes all of `text`. Never throws: what can't be written is lost, and told by the failure.
  virtual void write(std::string_view text) = 0;
};

/// An open file descriptor. Unbuffered, so that nothing is lost when the process ends or becomes
/// another; callers write whole lines.
class FileOutput : public Output {
 public:
  explicit FileOutput(int descriptor) : descriptor_(descriptor) {}

  void write(std::string_view text) override;

  /// The errno of the first failed write, or 0. After a failure nothing more is written.
  int failure() const { return failure_; }

 private:
  int descriptor_;
  std::atomic<int> failure_ = 0;
};

}  // namespace tidegate
