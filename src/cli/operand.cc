#include "cli/operand.h"

#include <fmt/format.h>

#include "cli/secrets.h"
#include "tidegate/error.h"

namespace tidegate::cli {

Version version_operand(const Options& options) {
  const std::string& text = options.operands.front();
  if (auto version = Version::parse_integer(text)) return *std::move(version);
  throw Error(ErrorCode::usage, fmt::format("'{}' is no version", masked(text)),
              "a version is the number a file's name begins with");
}

}  // namespace tidegate::cli
