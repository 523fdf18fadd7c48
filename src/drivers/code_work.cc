#include "drivers/code_work.h"

#include <exception>

namespace tidegate {

std::optional<Error> CodeWork::perform(const Script& script) {
  std::optional<Error> failure;
  try {
    script.code(*this);
    failure = failure_;
  } catch (const Error& error) {
    failure = error;
  } catch (const std::exception& exception) {
    failure = Error(ErrorCode::statement_failed, exception.what());
  }
  if (failure && failure->place.file.empty()) failure->place.file = script.file;
  return failure;
}

Rows CodeWork::execute(const Query& query) {
  if (failure_) throw Error(*failure_);
  try {
    return run(query);
  } catch (Error& error) {
    error.statement = query.sql;
    if (!goes_on()) failure_ = error;
    throw;
  }
}

}  // namespace tidegate
