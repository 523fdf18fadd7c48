#include "sql/splitter.h"

#include <gtest/gtest.h>

#include <span>

#include "sql/splitter_properties.h"
#include "support/mutation.h"

namespace tidegate {
namespace {

constexpr std::string_view kPieces[] = {"SELECT ",     "a",
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

// What only MySQL's dialect and its client understand.
constexpr std::string_view kMysqlPieces[] = {"SELECT ",
                                             "a ",
                                             ";",
                                             "; ",
                                             "\n",
                                             "'",
                                             "\\'",
                                             "''",
                                             "\"",
                                             "\\\"",
                                             "`",
                                             "``",
                                             "-- ",
                                             "--",
                                             "--\n",
                                             "#",
                                             "/*",
                                             "*/",
                                             "/*!",
                                             "/*!50001",
                                             "/*M!",
                                             "/*M!999999",
                                             "!",
                                             "//",
                                             "$$",
                                             "\nDELIMITER //\n",
                                             "\nDELIMITER ;\n",
                                             "DELIMITER $$ x\n",
                                             "DELIMITER",
                                             "delimiter '",
                                             "\\N",
                                             "\\G",
                                             "\\",
                                             "use a",
                                             "CREATE ",
                                             "PROCEDURE p() ",
                                             "FUNCTION f() RETURNS INT ",
                                             "TRIGGER t BEFORE INSERT ON t FOR EACH ROW ",
                                             "FOLLOWS a ",
                                             "EVENT e ",
                                             " DO ",
                                             "DEFINER = a@b ",
                                             "BEGIN ",
                                             "NOT ATOMIC ",
                                             "END",
                                             "END; ",
                                             " IF ",
                                             " THEN ",
                                             " ELSE ",
                                             "CASE ",
                                             "LOOP ",
                                             "REPEAT ",
                                             " UNTIL ",
                                             "WHILE ",
                                             "FOR ",
                                             "a: ",
                                             ":",
                                             "DECLARE EXIT HANDLER FOR ",
                                             "NOT FOUND ",
                                             ",",
                                             "(",
                                             ")",
                                             "RETURN 1",
                                             "é",
                                             "1",
                                             "\x01"};

std::span<const std::string_view> pieces_of(std::string_view engine) {
  if (engine == "mysql") return kMysqlPieces;
  return kPieces;
}

TEST(Splitter, KeepsItsPropertiesOnSpoiltScripts) {
  constexpr unsigned kSeed = 42;
  for (const char* engine : {"postgres", "sqlite", "mysql"}) {
    Mutator mutator(kSeed, pieces_of(engine));
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
  constexpr std::size_t kSizeBytes = 400'000;
  for (std::string_view piece : {"SELECT 1; ", "\\d\n", "$a", "$a$", "E'a' ", "E'a'\n--\n", "/*",
                                 "(", "'", "COPY t FROM stdin;", "COPY t FROM stdin;\n\\.\n", "1\n",
                                 ";", "CREATE ", "--\n", "CREATE FUNCTION BEGIN ATOMIC;"}) {
    std::string text;
    text.reserve(kSizeBytes + piece.size());
    while (text.size() < kSizeBytes) text += piece;
    split_sql(text, postgres, "f.sql");
  }
  const Dialect& mysql = *find_dialect("mysql");
  for (std::string_view piece : {"SELECT 1; ",
                                 "\\d\n",
                                 "'a' ",
                                 "/*",
                                 "/*!",
                                 "/*!50001 */",
                                 "(",
                                 "'",
                                 "`a``",
                                 "--",
                                 "-- \n",
                                 "#",
                                 "DELIMITER //\n",
                                 "DELIMITER ;\nSELECT 1;",
                                 "CREATE PROCEDURE p() BEGIN ",
                                 "CASE ",
                                 "CREATE PROCEDURE p() BEGIN SELECT 1; END;",
                                 "IF a THEN ",
                                 "use a\n",
                                 "*/",
                                 "\\N"}) {
    std::string text;
    text.reserve(kSizeBytes + piece.size());
    while (text.size() < kSizeBytes) text += piece;
    split_sql(text, mysql, "f.sql");
  }
}

}  // namespace
}  // namespace tidegate
