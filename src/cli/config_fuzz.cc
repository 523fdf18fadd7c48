#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "cli/config_trial.h"

/// Any text as a config file: understood, or refused with a sentence that shows no password.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!tidegate::cli::config_holds_up(text)) std::abort();
  return 0;
}
