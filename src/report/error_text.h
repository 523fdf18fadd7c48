#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "report/palette.h"
#include "tidegate/error.h"

namespace tidegate {

/// The lines of a failing statement around the failing spot, indented, with a caret under it:
///
///     CRATE TABLE pets (id INTEGER);
///     ^
///
/// `start` is where the statement begins in its file, `spot` the failing place there. Without
/// lines in `start` and `spot` there is no caret.
std::string excerpt(std::string_view statement, const Place& start, const Place& spot);

/// An error for people, in whole lines: place and message, the statement, the server's code and
/// detail, the hint. `statement_start` is where the statement begins, where that is known.
std::string error_text(const Error& error, const std::optional<Place>& statement_start,
                       const Palette& palette);

/// A finding for people, in whole lines: place, message, recipe.
std::string finding_text(const Finding& finding, const Palette& palette);

}  // namespace tidegate
