#include "drivers/mysql/literal.h"

#include <gtest/gtest.h>

#include "tidegate/error.h"

namespace tidegate::mysql {
namespace {

TEST(MysqlLiteral, IsPlainWhereItCanBe) {
  EXPECT_EQ(text_literal(""), "''");
  EXPECT_EQ(text_literal("it's"), "'it''s'");
  EXPECT_EQ(text_literal("a\\b"), "_utf8mb4 X'615C62'");
  EXPECT_EQ(text_literal("caf\xC3\xA9"), "_utf8mb4 X'636166C3A9'");
  EXPECT_EQ(text_literal(std::string("\0", 1)), "_utf8mb4 X'00'");
}

TEST(MysqlLiteral, GoesWhereItsNumberStands) {
  EXPECT_EQ(bound({"SELECT $2, $1, $10", {"1", "2", "3", "4", "5", "6", "7", "8", "9", "ten"}}),
            "SELECT '2', '1', 'ten'");
  EXPECT_EQ(bound({"SELECT $1", {std::nullopt}}), "SELECT NULL");
  EXPECT_EQ(bound({"SELECT '$1', \"$1\", `$1`, '''$1', $1", {"x"}}),
            "SELECT '$1', \"$1\", `$1`, '''$1', 'x'");
  EXPECT_EQ(bound({"SELECT '$', $a", {}}), "SELECT '$', $a");
  EXPECT_THROW(bound({"SELECT $2", {"x"}}), Error);
}

TEST(MysqlLiteral, IsNotLookedIntoOnceItStands) {
  EXPECT_EQ(bound({"SELECT $1, $2", {"$2", "it's"}}), "SELECT '$2', 'it''s'");
}

}  // namespace
}  // namespace tidegate::mysql
