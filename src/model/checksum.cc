#include "model/checksum.h"

#include "base/hash.h"
#include "base/utf8.h"

namespace tidegate {

std::string checksum_of(std::string_view text) {
  text = without_byte_order_mark(text);
  Sha256 hash;
  for (std::size_t end = text.find('\r'); end != text.npos; end = text.find('\r')) {
    hash.add(text.substr(0, end));
    hash.add("\n");
    text.remove_prefix(end + 1);
    if (text.starts_with('\n')) text.remove_prefix(1);
  }
  hash.add(text);
  return hash.hex();
}

}  // namespace tidegate
