#include "drivers/mysql/galera.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace tidegate::mysql {
namespace {

using ::testing::HasSubstr;

std::optional<Error> refusal(std::string_view ready, std::string_view part, std::string_view state,
                             std::string_view comment) {
  Rows rows(2);
  for (const std::string_view cell :
       {std::string_view("wsrep_ready"), ready, std::string_view("wsrep_cluster_status"), part,
        std::string_view("wsrep_local_state"), state, std::string_view("wsrep_local_state_comment"),
        comment}) {
    rows.add(cell);
  }
  return refusal_of_node(rows);
}

TEST(GaleraNode, IsReadWhenItIsInStep) { EXPECT_FALSE(refusal("ON", "Primary", "4", "Synced")); }

TEST(GaleraNode, IsUnreachableWhileItJoinsOrIsBehind) {
  for (const auto& [ready, state, comment] :
       std::vector<std::array<std::string_view, 3>>{{"OFF", "0", "Initialized"},
                                                    {"OFF", "1", "Joining"},
                                                    {"ON", "2", "Donor/Desynced"},
                                                    {"ON", "3", "Joined"}}) {
    const auto error = refusal(ready, "Primary", state, comment);
    ASSERT_TRUE(error) << comment;
    EXPECT_EQ(error->code, ErrorCode::unreachable);
    EXPECT_THAT(error->message, HasSubstr(std::string(comment)));
  }
}

TEST(GaleraNode, IsUnreachableWithoutItsCluster) {
  for (const std::string_view part : {"non-Primary", "Disconnected"}) {
    const auto error = refusal("OFF", part, "4", "Synced");
    ASSERT_TRUE(error) << part;
    EXPECT_THAT(error->message, HasSubstr("has lost its cluster"));
  }
  EXPECT_TRUE(refusal_of_node(Rows(2)));
}

}  // namespace
}  // namespace tidegate::mysql
