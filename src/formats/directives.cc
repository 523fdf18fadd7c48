#include "formats/directives.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/nearest.h"
#include "base/text_position.h"

namespace tidegate {
namespace {

constexpr std::string_view kOurs = "tidegate:";

enum class Belongs { anywhere, up };

/// One directive: what its value may be, and how it gets into the script's directives.
struct DirectiveKind {
  std::string_view name;
  std::string_view value;  ///< what a message says it takes; empty: takes none
  Belongs belongs;
  bool (*apply)(std::string_view value, Directives& directives);
};

bool apply_no_transaction(std::string_view value, Directives& directives) {
  directives.transactional = Transactional::no;
  return value.empty();
}

bool apply_phase(std::string_view value, Directives& directives) {
  directives.phase = value == "contract" ? Phase::contract : Phase::expand;
  return value == "contract" || value == "expand";
}

bool apply_floor(std::string_view value, Directives& directives) {
  directives.floor = Version::parse_integer(value);
  return directives.floor.has_value();
}

bool apply_lock_timeout(std::string_view value, Directives& directives) {
  constexpr std::size_t kMostDigits = 9;
  std::int64_t number = 0;
  std::size_t size = 0;
  for (; size < value.size() && size < kMostDigits && is_digit(value[size]); ++size) {
    number = number * 10 + (value[size] - '0');
  }
  const std::string_view unit = value.substr(size);
  const std::int64_t factor = unit == "ms" ? 1 : unit == "s" ? 1'000 : unit == "m" ? 60'000 : 0;
  // A server's setting is an int of milliseconds.
  constexpr std::int64_t kLongest = std::numeric_limits<std::int32_t>::max();
  if (size == 0 || factor == 0 || number == 0 || number > kLongest / factor) return false;
  directives.lock_timeout = std::chrono::milliseconds(number * factor);
  return true;
}

constexpr std::array kDirectives = {
    DirectiveKind{"no-transaction", "", Belongs::anywhere, apply_no_transaction},
    DirectiveKind{"phase", "expand or contract", Belongs::up, apply_phase},
    DirectiveKind{"floor", "a version", Belongs::up, apply_floor},
    DirectiveKind{"lock-timeout", "a time above zero such as 500ms, 5s or 1m", Belongs::anywhere,
                  apply_lock_timeout},
};

const DirectiveKind* find_directive(std::string_view name) {
  const auto* found = std::find_if(kDirectives.begin(), kDirectives.end(),
                                   [&](const DirectiveKind& kind) { return kind.name == name; });
  return found == kDirectives.end() ? nullptr : found;
}

std::string_view nearest_directive(std::string_view name) {
  std::array<std::string_view, kDirectives.size()> names;
  std::transform(kDirectives.begin(), kDirectives.end(), names.begin(),
                 [](const DirectiveKind& kind) { return kind.name; });
  return nearest(name, names);
}

std::string known_directives() {
  std::string all;
  for (const DirectiveKind& kind : kDirectives) {
    all += fmt::format("{}{}", all.empty() ? "" : ", ", kind.name);
  }
  return all;
}

class DirectiveReader {
 public:
  DirectiveReader(std::string_view text, const std::string& file, Direction direction,
                  std::vector<Finding>& findings)
      : text_(text), file_(file), direction_(direction), findings_(findings), finder_(text) {}

  Directives read();

 private:
  void read_comment(std::size_t offset, std::string_view comment);
  void read_directive(std::size_t offset, std::string_view directive);
  void apply(std::size_t offset, const DirectiveKind& kind, std::string_view value);
  void find_late_ones();
  void refuse(std::size_t offset, std::string_view rule, std::string message, std::string recipe);
  std::string_view line_at(std::size_t offset) const;

  std::string_view text_;
  const std::string& file_;
  Direction direction_;
  std::vector<Finding>& findings_;
  PositionFinder finder_;
  std::size_t offset_ = 0;
  std::array<bool, kDirectives.size()> seen_{};
  Directives directives_;
};

Directives DirectiveReader::read() {
  while (offset_ < text_.size()) {
    const std::string_view rest = text_.substr(offset_);
    if (is_space(rest.front())) {
      ++offset_;
    } else if (rest.starts_with("--")) {
      const std::string_view line = line_at(offset_);
      read_comment(offset_, trimmed(line.substr(2)));
      offset_ += line.size();
    } else if (rest.starts_with("/*")) {
      const std::size_t end = std::min(rest.find("*/"), rest.size() - 2);
      const std::string_view inside = trimmed(rest.substr(2, end - 2));
      if (inside.starts_with(kOurs)) {
        refuse(offset_, "directive_in_block_comment",
               "a directive in a block comment has no effect",
               fmt::format("write it on a line of its own: -- {}",
                           inside.substr(0, inside.find_first_of("\r\n"))));
      }
      offset_ += end + 2;
    } else {
      break;
    }
  }
  find_late_ones();
  return directives_;
}

void DirectiveReader::read_comment(std::size_t offset, std::string_view comment) {
  if (comment.starts_with(kOurs)) return read_directive(offset, comment.substr(kOurs.size()));
  std::string_view value = comment;
  std::string_view first = take_word(value);
  const std::string_view second = value.substr(0, value.find(' '));
  constexpr std::array<std::string_view, 1> kPrefix = {"tidegate"};
  const bool colon = first.ends_with(':');
  if (colon) first.remove_suffix(1);
  const bool near = edit_distance(to_lower(first.substr(0, 16)), kPrefix.front()) <= 2;
  if (!near || (!colon && find_directive(second) == nullptr)) return;
  refuse(offset, "unknown_directive",
         fmt::format("'{}' is no directive: one begins with '{}'",
                     comment.substr(0, comment.find(' ')), kOurs),
         fmt::format("did you mean '-- {} {}'?", kOurs, value));
}

void DirectiveReader::read_directive(std::size_t offset, std::string_view directive) {
  const std::string_view name = take_word(directive);
  const DirectiveKind* kind = find_directive(name);
  if (kind != nullptr) return apply(offset, *kind, directive);
  const std::string_view meant = nearest_directive(name);
  refuse(offset, "unknown_directive", fmt::format("there is no directive '{}'", name),
         meant.empty() ? fmt::format("use one of: {}", known_directives())
                       : fmt::format("did you mean '{}'?", meant));
}

void DirectiveReader::apply(std::size_t offset, const DirectiveKind& kind, std::string_view value) {
  bool& seen = seen_.at(static_cast<std::size_t>(&kind - kDirectives.data()));
  if (std::exchange(seen, true)) {
    return refuse(offset, "directive_repeated", fmt::format("'{}' is given twice", kind.name),
                  "remove one of them");
  }
  if (direction_ == Direction::down && kind.belongs == Belongs::up) {
    return refuse(offset, "directive_in_down",
                  fmt::format("'{}' has no effect in a down file", kind.name),
                  "move it into the up file");
  }
  if (kind.apply(value, directives_)) return;
  refuse(offset, "directive_value",
         kind.value.empty()
             ? fmt::format("'{}' takes no value, and was given '{}'", kind.name, value)
             : fmt::format("'{}' takes {}, not '{}'", kind.name, kind.value, value),
         kind.value.empty() ? fmt::format("write '-- {} {}'", kOurs, kind.name)
                            : fmt::format("write '-- {} {} VALUE'", kOurs, kind.name));
}

/// Below the first statement nobody reads directives, so one that stands there is a mistake. A line
/// of a string that looks like one is refused as well: this text is not split yet, and such a line
/// is far rarer than the mistake.
void DirectiveReader::find_late_ones() {
  for (std::size_t hit = text_.find(kOurs, offset_); hit != std::string_view::npos;
       hit = text_.find(kOurs, hit + kOurs.size())) {
    const std::size_t before = text_.find_last_of("\r\n", hit);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::string_view lead = trimmed(text_.substr(begin, hit - begin));
    if (lead != "--") continue;
    refuse(begin, "directive_too_late", "a directive below the first statement has no effect",
           "move it above the first statement");
  }
}

void DirectiveReader::refuse(std::size_t offset, std::string_view rule, std::string message,
                             std::string recipe) {
  const TextPosition position = finder_.at(offset);
  findings_.push_back({Severity::error,
                       std::string(rule),
                       {file_, position.line, position.column},
                       std::move(message),
                       std::move(recipe)});
}

std::string_view DirectiveReader::line_at(std::size_t offset) const {
  const std::size_t end = std::min(text_.find_first_of("\r\n", offset), text_.size());
  return text_.substr(offset, end - offset);
}

}  // namespace

Directives parse_directives(std::string_view text, const std::string& file, Direction direction,
                            std::vector<Finding>& findings) {
  return DirectiveReader(text, file, direction, findings).read();
}

}  // namespace tidegate
