#include "base/crowd.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

std::optional<Crowd> crowd(std::size_t connections, std::size_t waiters) {
  return Crowd{.connections = connections, .limit = 200, .waiters = waiters};
}

TEST(CrowdTest, WaitersHaveTheFirstHalf) {
  EXPECT_TRUE(has_room_for_waiters(std::nullopt));
  EXPECT_TRUE(has_room_for_waiters(Crowd{}));
  EXPECT_TRUE(has_room_for_waiters(crowd(100, 1)));
  EXPECT_FALSE(has_room_for_waiters(crowd(101, 1)));
  EXPECT_FALSE(has_room_for_waiters(Crowd{.connections = 1, .limit = 1, .waiters = 1}));
}

TEST(CrowdTest, S38_HoweverManyWaitTheyLookAboutAsOften) {
  EXPECT_EQ(least_pause(std::nullopt), 0ms);
  for (const std::size_t waiters : {20U, 60U, 100U}) {
    EXPECT_EQ(least_pause(crowd(waiters, waiters)) * 20 / waiters, 1s) << waiters;
  }
}

TEST(CrowdTest, NobodyIsAwayForLong) {
  EXPECT_GE(least_pause(crowd(200, 1)), 1s);
  EXPECT_LE(least_pause(crowd(200, 150)), 15s);
}

TEST(CrowdTest, ToComeAnewIsDearerThanToAskAgain) {
  EXPECT_GT(least_pause(crowd(101, 20)), least_pause(crowd(100, 20)));
}

}  // namespace
}  // namespace tidegate
