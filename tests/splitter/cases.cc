#include "cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tidegate::testing {
namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// A text as the goldens show it: one line a line, carriage returns made visible.
std::string indented(std::string_view text) {
  std::string lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines += "  ";
    for (char c : text.substr(begin, end - begin)) {
      if (c == '\r') {
        lines += "\\r";
      } else {
        lines += c;
      }
    }
    lines += '\n';
    begin = end + 1;
  }
  return lines;
}

}  // namespace

std::vector<SplitterCase> all_cases() {
  std::vector<SplitterCase> cases;
  const std::filesystem::path root(TIDEGATE_SPLITTER_CASES);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".sql") continue;
    std::filesystem::path golden = entry.path();
    golden.replace_extension(".golden");
    const std::string engine = entry.path().parent_path().filename();
    cases.push_back({engine + "/" + entry.path().stem().string(), engine, text_of(entry.path()),
                     text_of(golden)});
  }
  std::sort(cases.begin(), cases.end(),
            [](const auto& left, const auto& right) { return left.name < right.name; });
  return cases;
}

std::string shown(const SplitScript& split, std::string_view text) {
  std::string all;
  for (const Statement& statement : split.statements) {
    all += fmt::format("{}:{}\n{}", statement.line, statement.column,
                       indented(text.substr(statement.offset, statement.size_bytes)));
    if (!statement.copy_data_offset) continue;
    all += "rows\n" +
           indented(text.substr(*statement.copy_data_offset, statement.copy_data_size_bytes));
  }
  for (const Finding& finding : split.findings) {
    all += fmt::format("{}:{} {}\n  {}\n  {}\n", finding.place.line, finding.place.column,
                       finding.rule, finding.message, finding.recipe);
  }
  return all;
}

std::string golden_path(const SplitterCase& split_case) {
  return std::string(TIDEGATE_SPLITTER_CASES) + "/" + split_case.name + ".golden";
}

}  // namespace tidegate::testing
