#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

#include "report/exit_code.h"
#include "tidegate/database.h"
#include "tidegate/folder.h"
#include "tidegate/reporter.h"

namespace tidegate::abi {

/// What stands behind a `tidegate_gate` of the C interface.
class Gate {
 public:
  using Hear = void (*)(void* context, const char* line);

  Gate(std::string database, std::string folder);

  /// Throws: Error{usage}.
  void set(std::string_view name, std::string value);
  void listen(Hear hear, void* context);

  /// Each throws Error, or returns what it came to with the message set.
  ExitCode migrate();
  ExitCode wait();
  ExitCode check();

  void cancel() { stop_.request_stop(); }

  std::string message;  ///< of the last call
  std::string state;    ///< as JSON

 private:
  class Listener;
  MigrationSet load(std::string_view engine, Reporter& reporter) const;
  void keep(const GateState& state);

  DatabaseSettings database_;
  FolderSettings folder_;
  std::chrono::milliseconds timeout_{300'000};
  std::stop_source stop_;
  Hear hear_ = nullptr;
  void* context_ = nullptr;
};

/// An error's sentence, and what to do next.
std::string text_of(const Error& error);

}  // namespace tidegate::abi
