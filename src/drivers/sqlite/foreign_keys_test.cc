#include "drivers/sqlite/foreign_keys.h"

#include <gmock/gmock.h>

#include "drivers/sqlite/sqlite_fixture.h"

namespace tidegate::sqlite {
namespace {

using ::testing::HasSubstr;

class SqliteForeignKeysTest : public SqliteTest {
 protected:
  SqliteForeignKeysTest() {
    given(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);"
        "CREATE TABLE pets (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES Users(id));"
        "INSERT INTO users VALUES (1, 'a'), (2, 'b'); INSERT INTO pets VALUES (7, 1), (8, 2);");
  }

  /// The error's words, or nothing.
  std::string broken_by(const std::string& text) {
    if (!session_) session_ = session();
    const TransactionsResult result = run(*session_, {text});
    if (!result.error) return "";
    EXPECT_EQ(result.error->code, ErrorCode::statement_failed);
    EXPECT_EQ(result.error->server_code, "SQLITE_CONSTRAINT_FOREIGNKEY");
    return result.error->message;
  }

  std::unique_ptr<Session> session_;
};

TEST_F(SqliteForeignKeysTest, AChildWithoutAParentIsNamedAndUndone) {
  EXPECT_EQ(broken_by("INSERT INTO pets VALUES (9, 77)"),
            "the row with rowid 9 of table 'pets' refers to a row of 'Users' that is not there");
  EXPECT_EQ(cell("SELECT count(*) FROM pets"), "2");
}

TEST_F(SqliteForeignKeysTest, AParentThatGoesIsNoticed) {
  EXPECT_THAT(broken_by("DELETE FROM users"), HasSubstr("and 1 more"));
  EXPECT_THAT(broken_by("UPDATE USERS SET id = 3 WHERE id = 1"), HasSubstr("rowid 7"));
  EXPECT_THAT(broken_by("DROP TABLE users"), HasSubstr("rowid 7"));
  EXPECT_EQ(broken_by("DELETE FROM users; DELETE FROM pets;"), "");
}

TEST_F(SqliteForeignKeysTest, WhatATriggerBreaksIsNoticed) {
  given(
      "CREATE TABLE other (x); CREATE TRIGGER t AFTER INSERT ON other BEGIN "
      "DELETE FROM users WHERE id = new.x; END;");
  EXPECT_THAT(broken_by("INSERT INTO other VALUES (2)"), HasSubstr("rowid 8"));
}

TEST_F(SqliteForeignKeysTest, ATableCanBeRebuilt) {
  EXPECT_EQ(broken_by("CREATE TABLE new_users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
                      "INSERT INTO new_users SELECT * FROM users; DROP TABLE users;"
                      "ALTER TABLE new_users RENAME TO users;"),
            "");
  EXPECT_EQ(cell("SELECT count(*) FROM pets JOIN users ON users.id = owner"), "2");
  EXPECT_THAT(broken_by("CREATE TABLE new_users (id INTEGER PRIMARY KEY);"
                        "INSERT INTO new_users SELECT id FROM users WHERE id = 1;"
                        "DROP TABLE users; ALTER TABLE new_users RENAME TO users;"),
              HasSubstr("rowid 8"));
}

TEST_F(SqliteForeignKeysTest, ARebuiltChildIsChecked) {
  EXPECT_THAT(broken_by("CREATE TABLE n (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES users);"
                        "INSERT INTO n SELECT id, owner + 1 FROM pets; DROP TABLE pets;"
                        "ALTER TABLE n RENAME TO pets;"),
              HasSubstr("table 'pets'"));
}

TEST_F(SqliteForeignKeysTest, AKeyThatIsAddedLaterIsChecked) {
  EXPECT_THAT(broken_by("ALTER TABLE pets ADD COLUMN vet INTEGER DEFAULT 5 REFERENCES users(id)"),
              HasSubstr("refers to a row of 'users'"));
  EXPECT_EQ(broken_by("ALTER TABLE pets ADD COLUMN vet INTEGER REFERENCES users(id)"), "");
  EXPECT_THAT(broken_by("UPDATE pets SET vet = 5 WHERE id = 7"), HasSubstr("rowid 7"));
}

TEST_F(SqliteForeignKeysTest, AKeyOfATableMadeEarlierInTheRunIsChecked) {
  EXPECT_EQ(broken_by("CREATE TABLE toys (id INTEGER PRIMARY KEY, pet REFERENCES pets(id))"), "");
  EXPECT_THAT(broken_by("INSERT INTO toys VALUES (1, 99)"), HasSubstr("table 'toys'"));
}

TEST_F(SqliteForeignKeysTest, WhatWasBrokenBeforeIsNoneOfOurBusiness) {
  given("INSERT INTO pets VALUES (9, 77), (10, NULL)");
  EXPECT_EQ(broken_by("INSERT INTO pets VALUES (11, 1)"), "");
  EXPECT_EQ(listened_.heard, (std::vector<std::string>{"start 0", "statement 0 0", "commit 0"}));
  EXPECT_EQ(broken_by("UPDATE pets SET owner = 2 WHERE id = 7"), "");
  EXPECT_THAT(broken_by("INSERT INTO pets VALUES (12, 78)"), HasSubstr("rowid 12"));
  EXPECT_EQ(cell("SELECT count(*) FROM pets"), "5");
}

TEST_F(SqliteForeignKeysTest, TablesThatDoNotFitTogetherAreSaidTo) {
  EXPECT_THAT(broken_by("CREATE TABLE a (x); CREATE TABLE b (y REFERENCES a(x));"
                        "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1);"),
              HasSubstr("foreign key mismatch"));
}

TEST_F(SqliteForeignKeysTest, SettingForeignKeysInAScriptChangesNothing) {
  EXPECT_EQ(broken_by("PRAGMA foreign_keys = ON; DELETE FROM pets WHERE id = 7;"), "");
  EXPECT_EQ(cell(*session_, "PRAGMA foreign_keys"), "0");
}

TEST_F(SqliteForeignKeysTest, ATableThatIsRolledBackIsForgotten) {
  EXPECT_THAT(broken_by("CREATE TABLE toys (pet REFERENCES pets(id));"
                        "INSERT INTO toys VALUES (99);"),
              HasSubstr("table 'toys'"));
  EXPECT_EQ(broken_by("CREATE TABLE toys (pet); INSERT INTO toys VALUES (99);"), "");
}

}  // namespace
}  // namespace tidegate::sqlite
