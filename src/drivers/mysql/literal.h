#pragma once

#include <string>
#include <string_view>

#include "tidegate/session.h"

namespace tidegate::mysql {

/// `text` as a string that means the same whatever the session's sql_mode and character set:
/// anything but plain characters is written in hex.
std::string text_literal(std::string_view text);

/// An SQL of ours with its parameters written into it. Packets of several statements have no other
/// way, and they save round trips.
std::string bound(std::string_view sql, std::span<const Parameter> parameters);
std::string bound(const Query& query);

}  // namespace tidegate::mysql
