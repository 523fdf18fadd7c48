#include "embed/generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::embed {
namespace {

using ::testing::HasSubstr;

TEST(LiteralOf, KeepsEveryByte) {
  EXPECT_EQ(literal_of(""), "\"\"");
  EXPECT_EQ(literal_of("a\nb"), "\n     \"a\\n\"\n     \"b\"");
  EXPECT_EQ(literal_of("\"\\\r\n"), "\n     \"\\\"\\\\\\015\\n\"");
  // A digit behind an escape stays a digit, and question marks can't begin a trigraph.
  EXPECT_EQ(literal_of(std::string("\xC3\xA9") + "1?"), "\n     \"\\303\\2511\\077\"");
}

TEST(Generate, NamesTheFolderAndHoldsUpAndDown) {
  MigrationSet set;
  set.format = "native";
  set.folders = {"migrations"};
  Migration migration;
  migration.version = Version("1");
  migration.name = "users";
  migration.up.file = "migrations/1_users.sql";
  migration.up.text = "CREATE TABLE users (id INTEGER);\n";
  migration.down.emplace();
  migration.down->file = "migrations/1_users.down.sql";
  migration.down->text = "DROP TABLE users;\n";
  set.migrations.push_back(migration);
  const Generated generated = generate(set, "orders_migrations");
  EXPECT_THAT(generated.header, HasSubstr("const tidegate::EmbeddedFolder& orders_migrations();"));
  EXPECT_THAT(generated.source, HasSubstr("#include \"orders_migrations.h\""));
  EXPECT_THAT(generated.source, HasSubstr("1_users.sql"));
  EXPECT_THAT(generated.source, HasSubstr("DROP TABLE users;"));
}

}  // namespace
}  // namespace tidegate::embed
