// The splitter against PostgreSQL's own parser: what pg_query's grammar cuts at, we must cut at.

#include <gtest/gtest.h>
#include <pg_query.h>

#include <array>
#include <memory>
#include <random>
#include <set>

#include "cases.h"

namespace tidegate::testing {
namespace {

const Dialect& postgres() { return *find_dialect("postgres"); }

struct FreeSplit {
  void operator()(PgQuerySplitResult* result) const {
    pg_query_free_split_result(*result);
    delete result;
  }
};

/// The statements as the parser has them, or what it had against the text. Its statements carry the
/// comments before them along; those are not part of ours.
struct ParserSplit {
  std::vector<std::string> statements;
  std::string error;
};

ParserSplit split_by_parser(const std::string& sql) {
  const std::unique_ptr<PgQuerySplitResult, FreeSplit> result(
      new PgQuerySplitResult(pg_query_split_with_parser(sql.c_str())));
  ParserSplit split;
  if (result->error != nullptr) {
    split.error = result->error->message;
    return split;
  }
  for (int i = 0; i < result->n_stmts; ++i) {
    const PgQuerySplitStmt& piece = *result->stmts[i];
    split.statements.push_back(sql.substr(static_cast<std::size_t>(piece.stmt_location),
                                          static_cast<std::size_t>(piece.stmt_len)));
  }
  return split;
}

std::vector<std::string> split_by_us(const std::string& sql) {
  std::vector<std::string> statements;
  const SplitScript split = split_sql(sql, postgres(), "case.sql");
  EXPECT_TRUE(split.findings.empty()) << split.findings.front().message;
  for (const Statement& statement : split.statements) {
    statements.push_back(sql.substr(statement.offset, statement.size_bytes));
  }
  return statements;
}

/// Each must be the other's, up to comments and space at its ends, which only we leave out.
void expect_same(const std::string& sql) {
  const ParserSplit theirs = split_by_parser(sql);
  ASSERT_EQ(theirs.error, "") << sql;
  const std::vector<std::string> ours = split_by_us(sql);
  ASSERT_EQ(ours.size(), theirs.statements.size()) << sql;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const std::vector<std::string> bare = split_by_us(theirs.statements[i]);
    ASSERT_EQ(bare.size(), 1U) << theirs.statements[i];
    EXPECT_EQ(ours[i], bare.front());
  }
}

// What no grammar knows: psql's commands, the rows of a COPY; and what is wrong on purpose.
bool parser_can_read(const SplitterCase& split_case) {
  static const std::set<std::string> kNotSql = {
      "postgres/20_copy_rows",
      "postgres/21_copy_rows_crlf",
      "postgres/22_copy_without_end",
      "postgres/23_copy_text_beside",
      "postgres/24_copy_two",
      "postgres/30_psql_commands",
      "postgres/31_psql_in_a_statement",
      "postgres/40_open_string",
      "postgres/41_open_comment",
      "postgres/42_open_dollar_quote",
      "postgres/43_open_name",
      "postgres/44_open_body",
      "postgres/45_open_escape_string",
      "postgres/46_open_parenthesis",
      "postgres/60_newer_grammar",
      "postgres/61_number_before_dollar_quote",
      // Its lexer has comments as tokens, and so ends the string there; the server goes on.
      "postgres/26_escape_string_over_a_comment",
  };
  return split_case.engine == "postgres" && !kNotSql.contains(split_case.name);
}

TEST(SplitterAgainstParser, CutsEveryCaseWhereTheParserDoes) {
  for (const SplitterCase& split_case : all_cases()) {
    if (!parser_can_read(split_case)) continue;
    SCOPED_TRACE(split_case.name);
    expect_same(split_case.sql);
  }
}

constexpr std::array kPieces = {
    "SELECT 1",
    "SELECT ';' || $$ ; $$ || $a$ $$ ; $a$ || $_9$;$_9$",
    "SELECT E'\\';' || E'a\\\\'",
    "SELECT E'a\\'' \n 'b\\';'",
    "SELECT 'it''s;' AS \"a\"\";b\"",
    "SELECT U&'d\\0061t;' , U&\"d;a\", N'n;', B'01', X'1F'",
    "SELECT a$1$ FROM (SELECT 1 AS a$1$) s",
    "SELECT 'x'<>$$;$$",
    "SELECT 2-- ;\n+ 3 /* ; /* ; */ ' */",
    "SELECT 5 */* ; */ 3",
    "SELECT '{\"a;\": 1}'::jsonb -> 'a;' , 3 -1, @ -2",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $fn$ SELECT 1; $fn$",
    "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN "
    "a > 1 THEN CASE a WHEN 2 THEN 3 END ELSE (CASE WHEN true THEN 1 END) END; END",
    "CREATE OR REPLACE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC INSERT INTO t VALUES (1); END",
    "CREATE FUNCTION g() RETURNS int RETURN CASE WHEN true THEN 1 ELSE 2 END",
    "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO u VALUES (1); DELETE FROM v;)",
    "DO $do$ BEGIN PERFORM 1; END $do$",
    "BEGIN",
    "END",
    "COPY t TO stdout",
    "CREATE TABLE \"weird;name\" (a int CHECK (a > 0), b text DEFAULT ';')",
    "COMMENT ON TABLE t IS 'x\n;\n--'",
    "SELECT case_id, \"end\", begin_at FROM t WHERE é = 'ü;'",
    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    "",
    "-- only ; a comment\n",
    "/* only ; /* nested */ a comment */",
};

constexpr std::array kJoints = {";",         ";\n",        " ;;\r\n", "\n;\t\n",
                                "/**/;--\n", "; /* ; */ ", ";--;\r\n"};

std::string random_script(std::mt19937& random) {
  std::string sql;
  const std::size_t count = 1 + random() % 12;
  for (std::size_t i = 0; i < count; ++i) {
    sql += kPieces[random() % kPieces.size()];
    sql += kJoints[random() % kJoints.size()];
  }
  return sql;
}

TEST(SplitterAgainstParser, CutsRandomScriptsWhereTheParserDoes) {
  constexpr unsigned kSeed = 20'261;
  std::mt19937 random(kSeed);
  for (int round = 0; round < 1'000 && !HasFatalFailure() && !HasNonfatalFailure(); ++round) {
    SCOPED_TRACE("seed " + std::to_string(kSeed) + ", round " + std::to_string(round));
    expect_same(random_script(random));
  }
}

}  // namespace
}  // namespace tidegate::testing
