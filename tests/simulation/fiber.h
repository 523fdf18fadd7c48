#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>

namespace tidegate::simulation {

/// Memory for one fiber's stack; kept for the next one when a fiber ends.
class Stack {
 public:
  Stack();
  ~Stack();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  std::byte* bottom() const { return bottom_; }
  static constexpr std::size_t kSizeBytes = std::size_t{512} * 1024;

 private:
  std::byte* bottom_;
};

/// A function that runs on a stack of its own until it hands control back, all on one thread: real
/// code that blocks can be stopped in the middle and gone on with, in an order that a seed chose.
class Fiber {
 public:
  explicit Fiber(std::function<void()> body);
  /// REQUIRES: `done()`, or it never ran.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Runs it until it pauses or ends.
  void resume();
  /// Hands control back to whoever resumed the fiber that runs now.
  static void pause();
  bool done() const { return done_; }

 private:
  using Registers = std::array<void*, 5>;  ///< what __builtin_setjmp keeps
  struct Exceptions {
    void* caught = nullptr;
    unsigned int uncaught = 0;
  };

  static void enter();
  [[noreturn, gnu::noinline]] static void jump(Registers& to);
  [[noreturn, gnu::noinline]] void begin();
  void run();
  void swap_exceptions();

  std::function<void()> body_;
  std::unique_ptr<Stack> stack_;
  Fiber* resumed_from_ = nullptr;
  Registers own_ = {};
  Registers caller_ = {};
  Exceptions exceptions_;
  void* fake_stack_ = nullptr;  ///< the sanitizers' notion of this stack
  void* tsan_fiber_ = nullptr;
  void* tsan_caller_ = nullptr;
  const void* caller_bottom_ = nullptr;
  std::size_t caller_size_bytes_ = 0;
  bool started_ = false;
  bool done_ = false;
};

}  // namespace tidegate::simulation
