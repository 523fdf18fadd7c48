#include "deploy/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/generators.h"
#include "deploy/templates.h"
#include "tidegate/error.h"

namespace tidegate::deploy {
namespace {

using ::testing::HasSubstr;

TEST(DeploySettings, AnImageHasARepositoryAndATag) {
  EXPECT_EQ(parts_of("registry:5000/shop/orders:1.4").repository, "registry:5000/shop/orders");
  EXPECT_EQ(parts_of("registry:5000/shop/orders:1.4").tag, "1.4");
  EXPECT_EQ(parts_of("registry:5000/shop/orders").tag, "");
}

TEST(DeploySettings, ATagBecomesAPartOfAName) {
  EXPECT_EQ(label_of("v1.4.0_RC1"), "v1-4-0-rc1");
  EXPECT_EQ(label_of("1.4-"), "1-4");
  EXPECT_EQ(label_of(std::string(80, '7')).size(), 23U);
}

TEST(DeploySettings, AFolderGivesAName) {
  EXPECT_EQ(name_from_folder("My Shop_2"), "my-shop-2");
  EXPECT_EQ(name_from_folder("2026-orders"), "orders");
  EXPECT_EQ(name_from_folder("äöü"), "service");
  EXPECT_EQ(name_from_folder(std::string(80, 'a')).size(), 30U);
}

TEST(DeploySettings, WhatWasLeftEmptyIsMadeFromTheRest) {
  Settings settings;
  settings.name = "orders";
  settings.image = "registry.example/orders:1.4.0";
  const Settings all = checked(settings);
  EXPECT_EQ(all.gate_image, "registry.example/orders-gate:1.4.0");
  EXPECT_EQ(all.secret, "orders-database");
  EXPECT_EQ(all.folders, std::vector<std::string>{"migrations"});
}

TEST(GeneratedFile, IsUntouchedUntilSomebodyEditsIt) {
  const std::string text = sealed("a: 1\n");
  EXPECT_TRUE(is_untouched(text));
  EXPECT_FALSE(is_untouched("b" + text));
  EXPECT_FALSE(is_untouched(text + "b: 2\n"));
  EXPECT_FALSE(is_untouched("a: 1\n"));
}

TEST(Templates, ASignAloneStandsForItself) {
  const Names names = {{"name", "orders"}, {"port", "80"}};
  EXPECT_EQ(fill_in_line("@name@@@port@.service ~@system a@b @", names),
            "orders@80.service ~@system a@b @");
}

TEST(Templates, ANameThatNobodyKnowsIsAMistakeOfOurs) {
  try {
    fill_in_line("@absent@", {});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::internal);
    EXPECT_THAT(error.message, HasSubstr("absent"));
  }
}

}  // namespace
}  // namespace tidegate::deploy
