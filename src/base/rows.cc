#include "tidegate/session.h"

namespace tidegate {

std::optional<std::string_view> Rows::at(std::size_t row, std::size_t column) const {
  const Cell& cell = cells_.at(row * column_count_ + column);
  if (cell.null) return std::nullopt;
  return std::string_view(text_).substr(cell.offset, cell.size_bytes);
}

std::string Rows::text(std::size_t row, std::size_t column) const {
  return std::string(at(row, column).value_or(std::string_view()));
}

void Rows::add(std::optional<std::string_view> value) {
  cells_.push_back({text_.size(), value ? value->size() : 0, !value});
  if (value) text_ += *value;
}

}  // namespace tidegate
