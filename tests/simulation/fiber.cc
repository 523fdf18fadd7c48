#include "simulation/fiber.h"

#include <cxxabi.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <cstdlib>
#include <utility>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace tidegate::simulation {

namespace {

Fiber* running = nullptr;

std::vector<std::unique_ptr<Stack>>& spare_stacks() {
  static std::vector<std::unique_ptr<Stack>> spares;
  return spares;
}

std::unique_ptr<Stack> take_stack() {
  auto& spares = spare_stacks();
  if (spares.empty()) return std::make_unique<Stack>();
  std::unique_ptr<Stack> stack = std::move(spares.back());
  spares.pop_back();
  return stack;
}

// Tells the address sanitizer that the stack changes, before and after.
void about_to_switch(void** keep, const void* bottom, std::size_t size_bytes) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(keep, bottom, size_bytes);
#else
  (void)keep, (void)bottom, (void)size_bytes;
#endif
}

void has_switched(void* kept, const void** old_bottom, std::size_t* old_size_bytes) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(kept, old_bottom, old_size_bytes);
#else
  (void)kept, (void)old_bottom, (void)old_size_bytes;
#endif
}

void switch_tsan_to([[maybe_unused]] void* fiber) {
#if defined(__SANITIZE_THREAD__)
  __tsan_switch_to_fiber(fiber, 0);
#endif
}

}  // namespace

Stack::Stack() {
  void* memory = ::mmap(nullptr, kSizeBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  // Who runs over its end falls into this and not into a neighbour.
  ::mprotect(memory, 4096, PROT_NONE);
  bottom_ = static_cast<std::byte*>(memory);
}

Stack::~Stack() { ::munmap(bottom_, kSizeBytes); }

Fiber::Fiber(std::function<void()> body) : body_(std::move(body)), stack_(take_stack()) {
#if defined(__SANITIZE_ADDRESS__)
  ASAN_UNPOISON_MEMORY_REGION(stack_->bottom() + 4096, Stack::kSizeBytes - 4096);
#endif
#if defined(__SANITIZE_THREAD__)
  tsan_fiber_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
#if defined(__SANITIZE_THREAD__)
  __tsan_destroy_fiber(tsan_fiber_);
#endif
  spare_stacks().push_back(std::move(stack_));
}

// What is being thrown and caught is kept per thread, in the form that the C++ ABI fixes; a fiber
// that pauses inside a catch block must find its own again.
// https://itanium-cxx-abi.github.io/cxx-abi/abi-eh.html#cxx-data
void Fiber::swap_exceptions() {
  auto* const of_thread = reinterpret_cast<Exceptions*>(abi::__cxa_get_globals());
  std::swap(*of_thread, exceptions_);
}

void Fiber::resume() {
  resumed_from_ = std::exchange(running, this);
  swap_exceptions();
#if defined(__SANITIZE_THREAD__)
  tsan_caller_ = __tsan_get_current_fiber();
#endif
  void* callers_fake_stack = nullptr;
  about_to_switch(&callers_fake_stack, stack_->bottom(), Stack::kSizeBytes);
  switch_tsan_to(tsan_fiber_);
  // The builtins cost a few instructions. swapcontext(3) would ask the kernel for the signal mask,
  // and the address sanitizer would clear the whole stack's shadow, each time.
  if (__builtin_setjmp(caller_.data()) == 0) {
    if (std::exchange(started_, true)) jump(own_);
    begin();
  }
  Fiber& self = *running;
  has_switched(callers_fake_stack, nullptr, nullptr);
  self.swap_exceptions();
  running = self.resumed_from_;
}

// By itself, because a jump must not lead into the function it is in.
void Fiber::jump(Registers& to) { __builtin_longjmp(to.data(), 1); }

void Fiber::begin() {
  // Static, since this frame is never left, and a local's surroundings would stay poisoned.
  static ucontext_t context;
  ::getcontext(&context);
  context.uc_stack.ss_sp = stack_->bottom();
  context.uc_stack.ss_size = Stack::kSizeBytes;
  context.uc_link = nullptr;
  ::makecontext(&context, &Fiber::enter, 0);
  ::setcontext(&context);
  std::abort();
}

void Fiber::enter() { running->run(); }

void Fiber::run() {
  has_switched(nullptr, &caller_bottom_, &caller_size_bytes_);
  body_();
  done_ = true;
  // Null: this stack's fake frames are to be freed, since nobody comes back.
  about_to_switch(nullptr, caller_bottom_, caller_size_bytes_);
  switch_tsan_to(tsan_caller_);
  jump(caller_);
}

void Fiber::pause() {
  about_to_switch(&running->fake_stack_, running->caller_bottom_, running->caller_size_bytes_);
  switch_tsan_to(running->tsan_caller_);
  if (__builtin_setjmp(running->own_.data()) == 0) jump(running->caller_);
  has_switched(running->fake_stack_, &running->caller_bottom_, &running->caller_size_bytes_);
}

}  // namespace tidegate::simulation
