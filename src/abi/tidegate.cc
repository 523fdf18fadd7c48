#include <tidegate.h>

#include <exception>
#include <new>
#include <utility>

#include "abi/gate.h"

struct tidegate_gate {
  tidegate::abi::Gate gate;
};

namespace {

using tidegate::Error;
using tidegate::ErrorCode;
using tidegate::ExitCode;

int code_of(const Error& error) {
  if (error.code == ErrorCode::interrupted) return TIDEGATE_CANCELLED;
  return static_cast<int>(exit_code_of(error.code));
}

/// Calls `verb` with the gate; no exception leaves.
template <typename Verb>
int call(tidegate_gate* gate, const Verb& verb) {
  try {
    gate->gate.message.clear();
    return static_cast<int>(verb(gate->gate));
  } catch (const Error& error) {
    gate->gate.message = tidegate::abi::text_of(error);
    return code_of(error);
  } catch (const std::exception& exception) {
    gate->gate.message = exception.what();
    return TIDEGATE_FAILED;
  }
}

const char* or_empty(const char* text) { return text == nullptr ? "" : text; }

}  // namespace

const char* tidegate_version(void) { return TIDEGATE_VERSION; }

tidegate_gate* tidegate_new(const char* database, const char* folder) {
  try {
    return new tidegate_gate{tidegate::abi::Gate(or_empty(database), or_empty(folder))};
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void tidegate_free(tidegate_gate* gate) { delete gate; }

int tidegate_set(tidegate_gate* gate, const char* name, const char* value) {
  return call(gate, [&](tidegate::abi::Gate& self) {
    self.set(or_empty(name), or_empty(value));
    return ExitCode::done;
  });
}

void tidegate_listen(tidegate_gate* gate, void (*hear)(void* context, const char* line),
                     void* context) {
  gate->gate.listen(hear, context);
}

int tidegate_migrate(tidegate_gate* gate) {
  return call(gate, [](tidegate::abi::Gate& self) { return self.migrate(); });
}

int tidegate_wait(tidegate_gate* gate) {
  return call(gate, [](tidegate::abi::Gate& self) { return self.wait(); });
}

int tidegate_check(tidegate_gate* gate) {
  return call(gate, [](tidegate::abi::Gate& self) { return self.check(); });
}

const char* tidegate_message(const tidegate_gate* gate) { return gate->gate.message.c_str(); }

const char* tidegate_state(const tidegate_gate* gate) { return gate->gate.state.c_str(); }

void tidegate_cancel(tidegate_gate* gate) { gate->gate.cancel(); }
