// Whether what is in fmt.cc is all that fmt's headers want.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <iterator>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  std::string text;
  fmt::format_to(std::back_inserter(text), "{:>5} {:.3f} {:04X} {:L}", argc, 1.5 * argc, argc,
                 argc);
  text += fmt::format("{} {:%F %T}", fmt::join(words, ", "), fmt::gmtime(std::time(nullptr)));
  text += fmt::format(fmt::runtime(text), words.front(), std::chrono::milliseconds(argc));
  return text.empty() ? 1 : 0;
}
