#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "tidegate/migration.h"

namespace tidegate {

/// What a migrator tells those who wait, in the payload of a notification.
struct Announcement {
  std::string schema;  ///< where the history is: histories of several tenants share a topic
  std::optional<Version> recorded;  ///< nothing: the run ended, well or not
  std::size_t remaining_count = 0;  ///< migrations of the run that are still to come
};

/// `applied VERSION REMAINING SCHEMA` or `ended - 0 SCHEMA`.
std::string encode(const Announcement& announcement);

/// What a payload says; nothing when somebody else wrote it.
std::optional<Announcement> decode_announcement(std::string_view payload);

}  // namespace tidegate
