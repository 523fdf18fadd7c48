#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/all_catalogs.h"
#include "catalog/postgres_looks.h"

namespace tidegate::postgres {
namespace {

using Outcome = Settlement::Outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Cells = std::vector<std::vector<std::string>>;

/// One answer; an empty cell is NULL.
std::vector<ReadResult> answer(std::size_t column_count, const Cells& cells) {
  Rows rows(column_count);
  for (const auto& row : cells) {
    for (const std::string& cell : row) {
      rows.add(cell.empty() ? std::nullopt : std::optional<std::string_view>(cell));
    }
  }
  return {rows};
}

std::vector<ReadResult> indexes(const Cells& cells) { return answer(5, cells); }

TEST(PostgresCatalog, OnlyWhatTheServerRefusesOrMayCommitRunsAlone) {
  const Catalog& catalog = postgres_catalog();
  for (const char* statement :
       {"CREATE INDEX CONCURRENTLY a ON t (b)", "drop index concurrently a", "VACUUM",
        "REINDEX TABLE CONCURRENTLY t", "ALTER TABLE p DETACH PARTITION c CONCURRENTLY",
        "CREATE DATABASE d", "CALL p()", "DO $$ BEGIN COMMIT; END $$",
        "do language plpython3u 'plpy.rollback()'", "DO $$ BEGIN CALL p(); END $$",
        "SET LOCAL search_path = a"}) {
    EXPECT_EQ(catalog.manner_of(statement), Manner::alone) << statement;
  }
  for (const char* statement :
       {"CREATE INDEX a ON t (b)", "ALTER TYPE e ADD VALUE 'x'", "INSERT INTO t VALUES (1)",
        "COPY t FROM stdin", "DO $$ BEGIN PERFORM 1; END $$", "CREATE TABLE call (id int)",
        "CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'", "SET search_path = a",
        "ANALYZE t", "SELECT 'VACUUM'"}) {
    EXPECT_EQ(catalog.manner_of(statement), Manner::with_journal) << statement;
  }
}

TEST(PostgresCatalog, KnowsARefusalForTheTransactionAlone) {
  Error error(ErrorCode::statement_failed, "no");
  for (const char* code : {"25001", "2D000"}) {
    error.server_code = code;
    EXPECT_TRUE(postgres_catalog().wants_to_be_alone(error)) << code;
  }
  error.server_code = "42P07";
  EXPECT_FALSE(postgres_catalog().wants_to_be_alone(error));
}

TEST(PostgresCatalog, LooksAtWhatItUnderstandsAndNothingElse) {
  for (const char* statement :
       {"CREATE INDEX CONCURRENTLY a ON t (b)",
        "create unique index concurrently if not exists \"A\" on only s.t using gin (b)",
        "CREATE INDEX CONCURRENTLY ON t (b)", "DROP INDEX CONCURRENTLY IF EXISTS s.a CASCADE",
        "REINDEX (VERBOSE, CONCURRENTLY) TABLE s.t", "REINDEX INDEX CONCURRENTLY a",
        "REINDEX DATABASE CONCURRENTLY", "REINDEX VERBOSE SCHEMA s",
        "ALTER TABLE IF EXISTS ONLY p DETACH PARTITION s.c CONCURRENTLY", "CREATE DATABASE d",
        "DROP DATABASE IF EXISTS d WITH (FORCE)", "CREATE TABLESPACE t LOCATION '/x'",
        "DROP SUBSCRIPTION s", "VACUUM (FULL) t", "ALTER SYSTEM SET work_mem = '1MB'",
        "ALTER SUBSCRIPTION s REFRESH PUBLICATION", "CLUSTER", "ANALYZE t"}) {
    EXPECT_NE(postgres_catalog().look_at(statement), nullptr) << statement;
  }
  for (const char* statement :
       {"CALL p()", "DO $$ BEGIN COMMIT; END $$", "CREATE INDEX CONCURRENTLY U&\"a\" ON t (b)",
        "DROP INDEX CONCURRENTLY a, b", "CREATE TABLE t (id int)", "", "CREATE",
        "ALTER TABLE p DETACH PARTITION c", "ALTER SUBSCRIPTION s ADD PUBLICATION p",
        "REINDEX TABLE CONCURRENTLY t u"}) {
    EXPECT_EQ(postgres_catalog().look_at(statement), nullptr) << statement;
  }
}

TEST(PostgresCatalog, ANewIndexIsProofThatItWasMade) {
  const auto look = look_at_index_made("CREATE INDEX CONCURRENTLY a ON t (b)");
  const auto none = indexes({});
  const auto valid = indexes({{"7", "public.a", "valid", "CREATE INDEX …", ""}});
  const auto invalid = indexes({{"7", "public.a", "invalid", "CREATE INDEX …", ""}});
  const auto in_work = indexes({{"7", "public.a", "invalid", "CREATE INDEX …", "backend 5"}});
  const auto other = indexes({{"7", "public.a", "other", "", ""}});
  ASSERT_EQ(look->seen(none), "indexes");
  ASSERT_EQ(look->seen(valid), "indexes 7");

  EXPECT_EQ(look->settle("indexes", valid).outcome, Outcome::took_effect);
  EXPECT_EQ(look->settle("indexes 6", valid).outcome, Outcome::took_effect);
  EXPECT_EQ(look->settle("indexes 7", valid).outcome, Outcome::left_nothing);
  EXPECT_EQ(look->settle("indexes", none).outcome, Outcome::left_nothing);
  EXPECT_EQ(look->settle("indexes", other).outcome, Outcome::left_nothing);
  EXPECT_THAT(look->settle("indexes", other).repairs, IsEmpty());
  EXPECT_EQ(look->settle("", valid).outcome, Outcome::left_nothing);
  for (const char* before : {"", "indexes", "indexes 7"}) {
    const Settlement settlement = look->settle(before, invalid);
    EXPECT_EQ(settlement.outcome, Outcome::left_nothing) << before;
    EXPECT_THAT(settlement.repairs, ElementsAre("DROP INDEX CONCURRENTLY IF EXISTS public.a"));
  }
  EXPECT_EQ(look->settle("indexes", in_work).outcome, Outcome::busy);
  EXPECT_THAT(look->settle("indexes", in_work).found, HasSubstr("backend 5 is at work"));
}

TEST(PostgresCatalog, AnUnnamedIndexIsKnownByItsDefinition) {
  const auto look = look_at_index_made("CREATE INDEX CONCURRENTLY ON t (b, lower(c)) WHERE b > 1");
  const std::string same =
      "CREATE INDEX t_b_idx ON public.t USING btree (b, lower(c)) WHERE (b > 1)";
  const std::string another = "CREATE INDEX t_c_idx ON public.t USING btree (c)";
  const auto with = [&](const std::string& state, const std::string& definition) {
    return indexes({{"1", "public.old", "valid", another, ""},
                    {"7", "public.t_b_idx", state, definition, ""}});
  };

  EXPECT_EQ(look->settle("indexes 1", with("valid", same)).outcome, Outcome::took_effect);
  EXPECT_THAT(look->settle("indexes 1", with("invalid", same)).repairs,
              ElementsAre("DROP INDEX CONCURRENTLY IF EXISTS public.t_b_idx"));
  EXPECT_EQ(look->settle("indexes 1", with("valid", another)).outcome, Outcome::unknown);
  EXPECT_EQ(look->settle("indexes 1 7", with("valid", same)).outcome, Outcome::left_nothing);
  EXPECT_THAT(look->settle("", with("invalid", same)).repairs, IsEmpty());
}

TEST(PostgresCatalog, DefinitionsAreComparedAsTheServerWritesThem) {
  const auto same = [](const char* rest, const std::string& server) {
    return same_index(rest, "CREATE UNIQUE INDEX \"x y\" ON ONLY s.\"T\" " + server);
  };
  EXPECT_TRUE(same("(A, \"b\" DESC)", "USING btree (a, b DESC)"));
  EXPECT_TRUE(same("USING gin (a)", "USING gin (a)"));
  EXPECT_TRUE(
      same("(a) INCLUDE (b) WHERE c IS NULL;", "USING btree (a) INCLUDE (b) WHERE (c IS NULL)"));
  EXPECT_FALSE(same("(a)", "USING gin (a)"));
  EXPECT_FALSE(same("(\"A\")", "USING btree (a)"));
  EXPECT_FALSE(same("(a)", "USING btree (a) WHERE (b > 0)"));
  EXPECT_FALSE(same("(a) WHERE (b) > (c)", "USING btree (a) WHERE (b > c)"));
  EXPECT_FALSE(same_index("(a)", "no definition"));
}

TEST(PostgresCatalog, ADroppedIndexIsKnownByItsNumber) {
  const auto look = look_at_index_dropped("DROP INDEX CONCURRENTLY a");
  ASSERT_EQ(look->seen(answer(2, {{"7", "false"}})), "index 7");
  ASSERT_EQ(look->seen(answer(2, {{"", "false"}})), "absent");
  EXPECT_EQ(look->reads("index 7")[0].parameters[1], "7");

  EXPECT_EQ(look->settle("index 7", answer(2, {{"", "false"}})).outcome, Outcome::took_effect);
  // Another one of that name, elsewhere on the search path.
  EXPECT_EQ(look->settle("index 7", answer(2, {{"8", "false"}})).outcome, Outcome::took_effect);
  EXPECT_EQ(look->settle("index 7", answer(2, {{"7", "true"}})).outcome, Outcome::left_nothing);
  EXPECT_EQ(look->settle("absent", answer(2, {{"", "false"}})).outcome, Outcome::left_nothing);
  EXPECT_EQ(look->settle("", answer(2, {{"7", "false"}})).outcome, Outcome::left_nothing);
}

TEST(PostgresCatalog, AReindexLeavesOnlyItsOwnDebrisToClear) {
  const auto look = look_at_reindex("REINDEX TABLE CONCURRENTLY t");
  const auto left = indexes(
      {{"1", "public.a_ccnew", "invalid", "", ""}, {"2", "public.b_ccold", "invalid", "", ""}});

  EXPECT_THAT(look->settle("left_before 1", left).repairs,
              ElementsAre("DROP INDEX CONCURRENTLY IF EXISTS public.b_ccold"));
  EXPECT_THAT(look->settle("", left).repairs, IsEmpty());
  EXPECT_EQ(look->settle("left_before 1", left).outcome, Outcome::left_nothing);
}

TEST(PostgresCatalog, AHalfDetachedPartitionIsFinalized) {
  const auto look = look_at_detach("ALTER TABLE p DETACH PARTITION c CONCURRENTLY");
  const auto row = [](const std::string& pending) {
    return answer(3, {{"1 2", pending, "ALTER TABLE public.p DETACH PARTITION public.c FINALIZE"}});
  };
  ASSERT_EQ(look->seen(row("false")), "attached 1 2");
  ASSERT_EQ(look->seen(answer(3, {})), "absent");

  EXPECT_EQ(look->settle("attached 1 2", answer(3, {})).outcome, Outcome::took_effect);
  EXPECT_EQ(look->settle("attached 1 2", row("false")).outcome, Outcome::left_nothing);
  const Settlement pending = look->settle("attached 1 2", row("true"));
  EXPECT_EQ(pending.outcome, Outcome::took_effect);
  EXPECT_THAT(pending.repairs,
              ElementsAre("ALTER TABLE public.p DETACH PARTITION public.c FINALIZE"));
  for (const char* before : {"", "absent", "pending 1 2"}) {
    EXPECT_EQ(look->settle(before, row("true")).outcome, Outcome::left_nothing) << before;
    EXPECT_THAT(look->settle(before, row("true")).repairs, IsEmpty());
  }
}

TEST(PostgresCatalog, AnObjectIsThereOrNot) {
  const auto made = look_at_object("CREATE DATABASE d");
  const auto dropped = look_at_object("DROP DATABASE d");
  const auto there = answer(2, {{"7", "true"}});
  const auto gone = answer(2, {{"", "false"}});

  EXPECT_EQ(made->settle("absent", there).outcome, Outcome::took_effect);
  EXPECT_EQ(made->settle("object 7", there).outcome, Outcome::left_nothing);
  EXPECT_EQ(made->settle("absent", gone).outcome, Outcome::left_nothing);
  EXPECT_EQ(dropped->settle("object 7", gone).outcome, Outcome::took_effect);
  EXPECT_EQ(dropped->settle("object 7", there).outcome, Outcome::left_nothing);
  EXPECT_EQ(dropped->settle("absent", gone).outcome, Outcome::left_nothing);
}

TEST(PostgresCatalog, ARefusedQuestionIsNoAnswer) {
  const std::vector<ReadResult> refused{Error(ErrorCode::no_permission, "permission denied")};
  for (const char* statement :
       {"CREATE INDEX CONCURRENTLY a ON t (b)", "CREATE INDEX CONCURRENTLY ON t (b)",
        "DROP INDEX CONCURRENTLY a", "REINDEX TABLE CONCURRENTLY t",
        "ALTER TABLE p DETACH PARTITION c CONCURRENTLY", "CREATE DATABASE d"}) {
    const auto look = postgres_catalog().look_at(statement);
    EXPECT_EQ(look->seen(refused), "") << statement;
    EXPECT_EQ(look->settle("index 1", refused).outcome, Outcome::unknown) << statement;
    EXPECT_THAT(look->settle("index 1", refused).found, HasSubstr("permission denied"));
  }
}

TEST(PostgresCatalog, OnlyTheFormerHoldersSessionsAreItsOwn) {
  const auto seen =
      answer(3, {{"1", "tidegate orders:12 1/1 2 2/3", "false"},
                 {"2", "tidegate other:12 1/1 2 2/3", "false"},
                 {"3", "tidegate 2", "false"},
                 {"4", "tidegate orders:12", "true"},
                 {"5", "tidegate orders:12 1/1 2", "true"},
                 {"6", "psql", "false"},
                 {"7", "tidegate ~rders:12 1/1 a_very_long_label_of_a_migration", "false"}});
  EXPECT_THAT(postgres_catalog().sessions_of("orders:12", seen), ElementsAre("1", "5", "7"));
  EXPECT_THAT(postgres_catalog().sessions_of("2", seen), ElementsAre("3"));
}

TEST(SqliteCatalog, SettingsAndVacuumRunAloneAndMayBeRunAgain) {
  const Catalog& catalog = sqlite_catalog();
  for (const char* statement :
       {"PRAGMA journal_mode = wal", "vacuum", "ATTACH 'x' AS y", "DETACH y"}) {
    EXPECT_EQ(catalog.manner_of(statement), Manner::alone) << statement;
    const auto look = catalog.look_at(statement);
    ASSERT_NE(look, nullptr) << statement;
    EXPECT_EQ(look->settle(look->seen({}), {}).outcome, Outcome::left_nothing) << statement;
  }
  EXPECT_EQ(catalog.manner_of("CREATE TABLE vacuum (id)"), Manner::with_journal);
}

TEST(AllCatalogs, AnUnknownEngineHasNone) { EXPECT_EQ(find_catalog("absent"), nullptr); }

}  // namespace
}  // namespace tidegate::postgres
