#pragma once

#include <unistd.h>

#include <utility>

namespace tidegate {

/// An open file that is closed when this object goes.
class FileDescriptor {
 public:
  explicit FileDescriptor(int number) : number_(number) {}
  ~FileDescriptor() {
    if (number_ >= 0) ::close(number_);
  }
  FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&&) = delete;

  bool open() const { return number_ >= 0; }
  int number() const { return number_; }
  /// Hands the file over to a caller that will close it.
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

}  // namespace tidegate
