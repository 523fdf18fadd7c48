#include "formats/directives.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace tidegate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Parsed {
  Directives directives;
  std::vector<std::string> findings;
};

Parsed parse(std::string_view text, Direction direction = Direction::up) {
  Parsed parsed;
  std::vector<Finding> findings;
  parsed.directives = parse_directives(text, "f.sql", direction, findings);
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.severity, Severity::error);
    parsed.findings.push_back(fmt::format("{} {}: {} / {}", to_string(finding.place), finding.rule,
                                          finding.message, finding.recipe));
  }
  return parsed;
}

TEST(Directives, AreReadFromTheCommentsAtTheHead) {
  const Parsed parsed = parse(
      "-- Users come first.\n\n"
      "/* a block; comment */\n"
      "-- tidegate: no-transaction\r\n"
      "--tidegate:phase contract\n"
      "  -- tidegate: floor 0020261101000000  \n"
      "-- tidegate: lock-timeout 5s\n"
      "CREATE INDEX CONCURRENTLY i ON t (a);");
  EXPECT_THAT(parsed.findings, IsEmpty());
  EXPECT_EQ(parsed.directives.transactional, Transactional::no);
  EXPECT_EQ(parsed.directives.phase, Phase::contract);
  EXPECT_EQ(parsed.directives.floor, Version("20261101000000"));
  EXPECT_EQ(parsed.directives.lock_timeout, std::chrono::seconds(5));
}

TEST(Directives, HaveDefaults) {
  for (const char* text : {"", "SELECT 1;", "-- only a comment", "/* open", "-- about tidegate"}) {
    const Parsed parsed = parse(text);
    EXPECT_THAT(parsed.findings, IsEmpty()) << text;
    EXPECT_EQ(parsed.directives.transactional, Transactional::yes);
    EXPECT_EQ(parsed.directives.phase, Phase::expand);
    EXPECT_EQ(parsed.directives.floor, std::nullopt);
    EXPECT_EQ(parsed.directives.lock_timeout, std::nullopt);
  }
}

TEST(Directives, SayWhatWasMeant) {
  EXPECT_THAT(parse("\n-- tidegate: no-transction\n").findings,
              ElementsAre("f.sql:2:1 unknown_directive: there is no directive 'no-transction' / "
                          "did you mean 'no-transaction'?"));
  EXPECT_THAT(parse("-- tidegate: concurrently").findings,
              ElementsAre("f.sql:1:1 unknown_directive: there is no directive 'concurrently' / "
                          "use one of: no-transaction, phase, floor, lock-timeout"));
  EXPECT_THAT(parse("-- tidegat: phase contract").findings,
              ElementsAre("f.sql:1:1 unknown_directive: 'tidegat:' is no directive: one begins "
                          "with 'tidegate:' / did you mean '-- tidegate: phase contract'?"));
  EXPECT_THAT(parse("-- tidegate no-transaction").findings,
              ElementsAre("f.sql:1:1 unknown_directive: 'tidegate' is no directive: one begins "
                          "with 'tidegate:' / did you mean '-- tidegate: no-transaction'?"));
  EXPECT_EQ(parse("-- Tidegate: no-transaction").findings.size(), 1U);
}

TEST(Directives, RefuseBadValues) {
  EXPECT_THAT(parse("-- tidegate: phase later").findings,
              ElementsAre("f.sql:1:1 directive_value: 'phase' takes expand or contract, not "
                          "'later' / write '-- tidegate: phase VALUE'"));
  EXPECT_THAT(parse("-- tidegate: no-transaction please").findings,
              ElementsAre("f.sql:1:1 directive_value: 'no-transaction' takes no value, and was "
                          "given 'please' / write '-- tidegate: no-transaction'"));
  for (const char* text :
       {"floor", "floor x", "floor 9223372036854775808", "lock-timeout", "lock-timeout 5",
        "lock-timeout 0s", "lock-timeout 5h", "lock-timeout -5s", "lock-timeout 9999999999ms",
        "lock-timeout 9223372036854775808s", "lock-timeout 999999999m", "phase"}) {
    EXPECT_EQ(parse(fmt::format("-- tidegate: {}", text)).findings.size(), 1U) << text;
  }
}

TEST(Directives, TakeTimesInThreeUnits) {
  const auto lock_timeout = [](std::string_view text) {
    return parse(fmt::format("-- tidegate: lock-timeout {}", text)).directives.lock_timeout;
  };
  EXPECT_EQ(lock_timeout("250ms"), std::chrono::milliseconds(250));
  EXPECT_EQ(lock_timeout("3s"), std::chrono::seconds(3));
  EXPECT_EQ(lock_timeout("2m"), std::chrono::minutes(2));
}

TEST(Directives, AreGivenOnce) {
  EXPECT_THAT(parse("-- tidegate: floor 1\n-- tidegate: floor 2").findings,
              ElementsAre("f.sql:2:1 directive_repeated: 'floor' is given twice / remove one of "
                          "them"));
}

TEST(Directives, BelowTheFirstStatementAreRefused) {
  EXPECT_THAT(parse("SELECT 1;\n  -- tidegate: no-transaction\n").findings,
              ElementsAre("f.sql:2:1 directive_too_late: a directive below the first statement "
                          "has no effect / move it above the first statement"));
  EXPECT_THAT(parse("SELECT 'tidegate: x';").findings, IsEmpty());
}

TEST(Directives, InABlockCommentAreRefused) {
  EXPECT_THAT(parse("/* tidegate: phase contract */").findings,
              ElementsAre("f.sql:1:1 directive_in_block_comment: a directive in a block comment "
                          "has no effect / write it on a line of its own: -- tidegate: phase "
                          "contract"));
}

TEST(Directives, OfTheUpFileAreRefusedInADownFile) {
  EXPECT_THAT(parse("-- tidegate: floor 3", Direction::down).findings,
              ElementsAre("f.sql:1:1 directive_in_down: 'floor' has no effect in a down file / "
                          "move it into the up file"));
  EXPECT_THAT(parse("-- tidegate: no-transaction", Direction::down).findings, IsEmpty());
}

}  // namespace
}  // namespace tidegate
