#include "tidegate/line_reporter.h"

#include <mutex>
#include <utility>

#include "report/event_text.h"

namespace tidegate {
namespace {

class LineReporter : public Reporter {
 public:
  explicit LineReporter(std::function<void(std::string_view)> write) : write_(std::move(write)) {}

  void report(const Event& event) override {
    const std::lock_guard guard(mutex_);
    for (const Passage& passage : text_.passages(event)) write_(passage.text);
  }

 private:
  std::mutex mutex_;
  EventText text_{EventTextSettings()};
  std::function<void(std::string_view)> write_;
};

}  // namespace

std::unique_ptr<Reporter> make_line_reporter(std::function<void(std::string_view lines)> write) {
  return std::make_unique<LineReporter>(std::move(write));
}

}  // namespace tidegate
