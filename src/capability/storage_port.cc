// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/utf8.h>
#include <palyra/capability/storage_port.h>

namespace palyra::capability {

bool is_storage_key(std::string_view text) {
  if (text.empty() || text.size() > kMaxStorageKeyBytes) return false;
  while (!text.empty()) {
    const auto next = front_code_point(text);
    if (!next) return false;
    const bool control = next->value < 0x20 || (next->value >= 0x7F && next->value <= 0x9F);
    if (control) return false;
    text.remove_prefix(next->bytes);
  }
  return true;
}

}  // namespace palyra::capability
