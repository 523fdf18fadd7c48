// Prints where the splitter cuts files, for tools/corpora, for the comparison with the mariadb
// client and for looking at a single case.
//
//   split_sql ENGINE < list-of-paths
//
// One line of JSON a path: {"statements": [[begin, end], …], "commits": [false, …], "rules": ["…",
// …]}, where `commits` tells which statements end the transaction they are in.

#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <string>

#include "base/file.h"
#include "base/utf8.h"
#include "sql/splitter.h"
#include "sql/words.h"
#include "tidegate/error.h"

namespace {

/// `lead` is what stands before the text in its file: a byte order mark.
std::string described(std::string_view text, const tidegate::Dialect& dialect,
                      const std::string& path, std::size_t lead) {
  const tidegate::SplitScript split = tidegate::split_sql(text, dialect, path);
  std::string statements;
  std::string commits;
  for (const tidegate::Statement& statement : split.statements) {
    const bool commit =
        tidegate::commits_by_itself(text.substr(statement.offset, statement.size_bytes), dialect);
    commits += fmt::format("{}{}", commits.empty() ? "" : ", ", commit);
    statements += fmt::format("{}[{}, {}]", statements.empty() ? "" : ", ", lead + statement.offset,
                              lead + statement.offset + statement.size_bytes);
  }
  std::string rules;
  for (const tidegate::Finding& finding : split.findings) {
    rules += fmt::format("{}\"{}\"", rules.empty() ? "" : ", ", finding.rule);
  }
  return fmt::format("{{\"statements\": [{}], \"commits\": [{}], \"rules\": [{}]}}", statements,
                     commits, rules);
}

}  // namespace

int main(int argc, char** argv) {
  const tidegate::Dialect* dialect = argc == 2 ? tidegate::find_dialect(argv[1]) : nullptr;
  if (dialect == nullptr) {
    fmt::print(stderr, "usage: split_sql ENGINE < paths\n");
    return 2;
  }
  try {
    for (std::string path; std::getline(std::cin, path);) {
      const std::string bytes = tidegate::read_file(path);
      const std::string_view text = tidegate::without_byte_order_mark(bytes);
      fmt::print("{}\n", described(text, *dialect, path, bytes.size() - text.size()));
    }
  } catch (const tidegate::Error& error) {
    fmt::print(stderr, "{}\n", error.message);
    return 1;
  }
  return 0;
}
