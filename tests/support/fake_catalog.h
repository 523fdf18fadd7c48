#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tidegate/catalog.h"

namespace tidegate::fake {

/// A catalog in memory. A statement that contains ALONE is run alone, one that contains ASK can be
/// asked about; what the answer is, a test says. One that contains DDL is both, and commits the
/// transaction that it runs in.
class FakeCatalog : public Catalog {
 public:
  bool ends_transaction(std::string_view statement) const override { return has(statement, "DDL"); }

  Manner manner_of(std::string_view statement) const override {
    return has(statement, "ALONE") || has(statement, "DDL") ? Manner::alone : Manner::with_journal;
  }

  bool wants_to_be_alone(const Error& error) const override {
    return error.server_code == "not here";
  }

  std::unique_ptr<StatementLook> look_at(std::string_view statement) const override {
    return has(statement, "ASK") || has(statement, "DDL") ? std::make_unique<FakeLook>(*this)
                                                          : nullptr;
  }

  std::vector<Query> sessions_reads(std::string_view) const override { return {{"sessions"}}; }
  std::vector<std::string> sessions_of(std::string_view holder,
                                       std::span<const ReadResult>) const override {
    return at_work ? at_work(std::string(holder)) : std::vector<std::string>();
  }
  Query end_session(const std::string& number) const override { return {"end session", {number}}; }

  std::string seen = "absent";
  std::function<Settlement(std::string before)> settle;
  std::function<std::vector<std::string>(std::string holder)> at_work;

 private:
  static bool has(std::string_view text, std::string_view word) {
    return text.find(word) != std::string_view::npos;
  }

  class FakeLook : public StatementLook {
   public:
    explicit FakeLook(const FakeCatalog& catalog) : catalog_(catalog) {}
    std::vector<Query> reads(std::string_view) const override { return {{"catalog"}}; }
    std::string seen(std::span<const ReadResult>) const override { return catalog_.seen; }
    Settlement settle(std::string_view before, std::span<const ReadResult>) const override {
      if (before.empty() || !catalog_.settle) return {Settlement::Outcome::left_nothing, {}, ""};
      return catalog_.settle(std::string(before));
    }

   private:
    const FakeCatalog& catalog_;
  };
};

}  // namespace tidegate::fake
