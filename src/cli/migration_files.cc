#include "cli/migration_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <limits>

#include "base/ascii.h"
#include "base/file_descriptor.h"
#include "report/output.h"
#include "tidegate/error.h"

namespace tidegate::cli {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

/// Whether a new word begins at `i`: `createUsers` at U, `HTTPLog` at L, and nowhere else.
bool begins_word(std::string_view text, std::size_t i) {
  if (i == 0 || !is_upper(text[i])) return false;
  if (is_lower(text[i - 1]) || is_digit(text[i - 1])) return true;
  return is_upper(text[i - 1]) && i + 1 < text.size() && is_lower(text[i + 1]);
}

std::int64_t number_of(const Version& version) {
  std::int64_t number = 0;
  const std::string& text = version.text();
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

[[noreturn]] void refuse(const std::string& path, int reason) {
  const bool there = reason == EEXIST;
  throw Error(
      ErrorCode::usage, fmt::format("can't make {}: {}", path, std::strerror(reason)),
      there ? "give another name" : "check the folder and this user's right to write in it");
}

}  // namespace

std::string snake_case(std::string_view words) {
  std::string name;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const char c = words[i];
    const bool kept = is_digit(c) || is_ascii_letter(c);
    const bool gap = !kept || begins_word(words, i);
    if (gap && !name.empty() && name.back() != '_') name += '_';
    if (kept) name += to_lower(c);
  }
  if (name.ends_with('_')) name.pop_back();
  return name;
}

Version next_version(const Version& newest, std::chrono::system_clock::time_point now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  Version version(fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}", parts.tm_year + 1900,
                              parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                              parts.tm_sec));
  if (newest.empty() || newest < version) return version;
  const std::int64_t number = number_of(newest);
  if (number == std::numeric_limits<std::int64_t>::max()) {
    throw Error(ErrorCode::usage, fmt::format("no version is above {}", newest.text()),
                "rename that migration");
  }
  return Version(fmt::format("{}", number + 1));
}

std::string up_text(std::string_view name) {
  return fmt::format(
      "-- {}\n"
      "--\n"
      "-- This file runs in one transaction, together with the record that it ran. What can't run\n"
      "-- in a transaction (CREATE INDEX CONCURRENTLY, VACUUM) needs a file of its own that "
      "begins\n"
      "-- with a directive: see 'tidegate help new'.\n"
      "\n",
      name);
}

std::string down_text(std::string_view name) {
  return fmt::format(
      "-- The undo of {}, for 'tidegate rollback'. Delete this file where there is none.\n"
      "\n",
      name);
}

void write_new_file(const std::string& path, std::string_view text) {
  const FileDescriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file.open()) refuse(path, errno);
  FileOutput output(file.number());
  output.write(text);
  if (output.failure() == 0) return;
  unlink(path.c_str());
  refuse(path, output.failure());
}

}  // namespace tidegate::cli
