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
  EXPECT_TRUE(has_room(std::nullopt, Seat::wanted));
  EXPECT_TRUE(has_room(Crowd{}, Seat::wanted));
  EXPECT_TRUE(has_room(crowd(100, 1), Seat::wanted));
  EXPECT_FALSE(has_room(crowd(101, 1), Seat::wanted));
  EXPECT_TRUE(has_room(crowd(150, 1), Seat::taken)) << "who sits needn't rise for a visitor";
  EXPECT_FALSE(has_room(crowd(151, 1), Seat::taken));
  EXPECT_FALSE(has_room(Crowd{.connections = 1, .limit = 1, .waiters = 1}, Seat::taken));
}

TEST(CrowdTest, S38_HoweverManyWaitTheyLookAboutAsOften) {
  EXPECT_EQ(least_pause(std::nullopt, Seat::taken), 0ms);
  for (const std::size_t waiters : {20U, 60U, 100U}) {
    EXPECT_EQ(least_pause(crowd(waiters, waiters), Seat::taken) * 20 / waiters, 1s) << waiters;
  }
}

TEST(CrowdTest, NobodyIsAwayForLong) {
  EXPECT_GE(least_pause(crowd(200, 1), Seat::wanted), 1s);
  EXPECT_LE(least_pause(crowd(200, 150), Seat::taken), 15s);
}

TEST(CrowdTest, ToComeAnewIsDearerThanToAskAgain) {
  EXPECT_GT(least_pause(crowd(101, 20), Seat::wanted), least_pause(crowd(101, 20), Seat::taken));
}

}  // namespace
}  // namespace tidegate
