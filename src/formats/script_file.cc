#include "formats/script_file.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/text_position.h"
#include "base/utf8.h"
#include "formats/directives.h"
#include "model/checksum.h"
#include "tidegate/error.h"

namespace tidegate {
namespace {

Finding finding_at(std::string_view text, std::size_t offset, std::string_view rule,
                   const std::string& path, std::string message, std::string recipe) {
  const TextPosition position = position_of(text, offset);
  return {Severity::error,
          std::string(rule),
          {path, position.line, position.column},
          std::move(message),
          std::move(recipe)};
}

/// Windows PowerShell writes UTF-16 by default; a thousand findings on NUL bytes would not say so.
bool is_utf16(std::string_view text) {
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
}

std::optional<Finding> find_bad_byte(std::string_view text, const std::string& path) {
  const std::string recipe = "save the file as UTF-8";
  if (is_utf16(text)) {
    return finding_at(text, 0, "not_utf8", path, fmt::format("{} is UTF-16, not UTF-8", path),
                      recipe);
  }
  if (const auto offset = find_invalid_utf8(text)) {
    const auto byte = static_cast<unsigned char>(text[*offset]);
    return finding_at(text, *offset, "not_utf8", path,
                      fmt::format("{} is not UTF-8: byte 0x{:02X} is out of place", path, byte),
                      recipe);
  }
  if (const std::size_t offset = text.find('\0'); offset != std::string_view::npos) {
    return finding_at(text, offset, "nul_byte", path,
                      fmt::format("{} has a NUL byte, which no server takes", path), "remove it");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Script> make_script(std::string text, const std::string& path, Direction direction,
                                  std::vector<Finding>& findings) {
  if (without_byte_order_mark(text).size() < text.size()) text.erase(0, 3);
  if (auto bad = find_bad_byte(text, path)) {
    findings.push_back(std::move(*bad));
    return std::nullopt;
  }
  Script script;
  script.file = path;
  script.checksum = checksum_of(text);
  script.directives = parse_directives(text, path, direction, findings);
  script.text = std::move(text);
  return script;
}

std::optional<Script> read_script(const WalkedFile& file, Direction direction,
                                  std::vector<Finding>& findings) {
  try {
    std::string text = file.text ? std::string(*file.text) : read_file(file.path);
    return make_script(std::move(text), file.path, direction, findings);
  } catch (const Error& error) {
    if (error.code != ErrorCode::usage) throw;
    findings.push_back(
        {Severity::error, "unreadable_file", {file.path}, error.message, error.hint});
    return std::nullopt;
  }
}

}  // namespace tidegate
