#pragma once

#include <string>

namespace tidegate::sqlite {

/// SQLite's own name of an extended result code: `SQLITE_CONSTRAINT_UNIQUE`.
/// See https://www.sqlite.org/rescode.html.
std::string code_name(int code);

}  // namespace tidegate::sqlite
