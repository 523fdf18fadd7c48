#include "sql/splitter.h"

#include <gtest/gtest.h>

#include <array>

#include "sql/splitter_properties.h"
#include "support/mutation.h"

namespace tidegate {
namespace {

constexpr std::array<std::string_view, 56> kPieces = {"SELECT ",     "a",
                                                      "1",           ";",
                                                      ";\n",         " ",
                                                      "\n",          "\r\n",
                                                      "'",           "''",
                                                      "\\'",         "E'",
                                                      "e'x\\'",      "\"",
                                                      "\"\"",        "`",
                                                      "[",           "]",
                                                      "$$",          "$a$",
                                                      "$1",          "$",
                                                      "a$1$",        "--",
                                                      "-- x\n",      "/*",
                                                      "*/",          "/",
                                                      "*",           "(",
                                                      ")",           "CREATE ",
                                                      "OR REPLACE ", "FUNCTION f() ",
                                                      "PROCEDURE ",  "TEMP ",
                                                      "TRIGGER t ",  "BEGIN ",
                                                      "ATOMIC ",     "CASE ",
                                                      "END",         "END;",
                                                      " AS ",        ".",
                                                      "COPY t ",     "FROM ",
                                                      "stdin",       "STDIN;\n",
                                                      "\\.\n",       "\\.",
                                                      "1\t2\n",      "\\d x\n",
                                                      "\\;",         "é",
                                                      "\v",          "U&'"};

TEST(Splitter, KeepsItsPropertiesOnSpoiltScripts) {
  constexpr unsigned kSeed = 42;
  for (const char* engine : {"postgres", "sqlite"}) {
    Mutator mutator(kSeed, kPieces);
    for (int round = 0; round < 20'000; ++round) {
      const std::string text = mutator.next();
      const auto broken = broken_splitter_property(text, *find_dialect(engine));
      ASSERT_EQ(broken, std::nullopt)
          << engine << ", seed " << kSeed << ", round " << round << ":\n"
          << text;
    }
  }
}

// Twice the text, about twice the time: what is quadratic takes minutes here.
TEST(Splitter, TakesTimeInProportionToTheText) {
  const Dialect& postgres = *find_dialect("postgres");
  constexpr std::size_t kSizeBytes = 1'000'000;
  for (std::string_view piece : {"SELECT 1; ", "\\d\n", "$a", "$a$", "E'a' ", "E'a'\n--\n", "/*",
                                 "(", "'", "COPY t FROM stdin;", "COPY t FROM stdin;\n\\.\n", "1\n",
                                 ";", "CREATE ", "--\n", "CREATE FUNCTION BEGIN ATOMIC;"}) {
    std::string text;
    text.reserve(kSizeBytes + piece.size());
    while (text.size() < kSizeBytes) text += piece;
    split_sql(text, postgres, "f.sql");
  }
}

}  // namespace
}  // namespace tidegate
