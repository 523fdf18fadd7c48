#pragma once

#include "run/migrator_parts.h"

namespace tidegate {

/// Passes on what the server remarks, and nothing else.
class Notices : public TransactionListener {
 public:
  explicit Notices(MigratorParts& parts) : parts_(parts) {}

  void transaction_started(std::size_t) override {}
  void statement_started(std::size_t, std::size_t) override {}
  void committed(std::size_t, std::chrono::microseconds) override {}
  void notice(std::string_view severity, std::string_view message) override {
    parts_.reporter.report({parts_.target, ServerNotice{severity, message}});
  }

 private:
  MigratorParts& parts_;
};

}  // namespace tidegate
