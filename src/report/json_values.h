#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "tidegate/error.h"
#include "tidegate/gate.h"

namespace tidegate {

/// Keeps the order in which fields were put in: what a person reads first stands first.
using Json = nlohmann::ordered_json;

/// How our values look in JSON. The schemas in docs/schemas say the same; tests hold them together.
Json json_of(const Error& error);
Json json_of(const Finding& finding);
Json json_of(const Holder& holder);
Json json_of(const Run& run);
Json json_of(const std::vector<Version>& versions);
Json json_of(const std::vector<Finding>& findings);

/// The fields of a gate's state that every listener wants, put into `object`.
void put_state(Json& object, const GateState& state);

/// `text`, or null where there is none.
Json text_or_null(std::string_view text);

/// One line of JSON without its end. Bytes that aren't UTF-8 become U+FFFD.
std::string compact(const Json& value);

/// The moment as RFC 3339 in UTC with milliseconds.
std::string utc_text(std::chrono::system_clock::time_point moment);

}  // namespace tidegate
