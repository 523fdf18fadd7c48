#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "formats/native_properties.h"

// The first line is the file's name, the rest its content.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  const std::string_view text(reinterpret_cast<const char*>(data), size_bytes);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const auto broken = tidegate::broken_native_property(text.substr(0, end),
                                                       text.substr(std::min(end + 1, text.size())));
  if (broken) {
    std::fprintf(stderr, "%s\n", broken->c_str());
    std::abort();
  }
  return 0;
}
