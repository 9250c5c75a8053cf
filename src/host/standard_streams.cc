// SPDX-License-Identifier: Apache-2.0
#include <palyra/host/standard_streams.h>

#include <algorithm>

namespace palyra::host {

BytesView StandardStreams::read_input(std::size_t bytes) {
  const BytesView read = input_.first(std::min(bytes, input_.size()));
  input_ = input_.subspan(read.size());
  return read;
}

void StandardStreams::write_error(std::string_view text) {
  error_log_.write(text);
  error_tail_ += text.substr(text.size() - std::min(text.size(), kErrorTailBytes));
  // Trimmed at twice the length, so that many short writes do not each move the whole tail.
  if (error_tail_.size() > 2 * kErrorTailBytes) error_tail_.erase(0, error_tail_.size() - kErrorTailBytes);
}

void StandardStreams::finish() {
  output_log_.finish();
  error_log_.finish();
}

std::string StandardStreams::error_tail() const {
  std::string_view tail = error_tail_;
  tail.remove_prefix(tail.size() - std::min(tail.size(), kErrorTailBytes));
  // What was cut off may have begun the first code point; a stray byte of a shorter text is no loss.
  const auto continues = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; };
  for (int i = 0; i < 3 && !tail.empty() && continues(tail.front()); ++i) tail.remove_prefix(1);
  return std::string(tail);
}

}  // namespace palyra::host
