// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/utf8.h>
#include <palyra/host/guest_log.h>

#include <algorithm>

namespace palyra::host {

using capability::LogLevel;

bool GuestLog::add(LogLevel level, std::string_view text) {
  if (lines_.size() >= kMaxLogLines) {
    ++dropped_;
    return false;
  }
  lines_.push_back({level, printable(text, kMaxLogLineBytes)});
  return true;
}

void GuestLog::forget() {
  dropped_ += lines_.size();
  lines_.clear();
}

void LogStream::flush(std::size_t bytes) {
  log_.add(LogLevel::kInfo, std::string_view(pending_).substr(0, bytes));
  pending_.erase(0, bytes);
}

void LogStream::write(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::string_view part = line.substr(0, kMaxLogLineBytes - pending_.size());
    pending_ += part;
    text.remove_prefix(part.size());
    if (part.size() == line.size()) {
      if (text.empty()) return;  // the line goes on in a later write
      text.remove_prefix(1);     // its line end
      flush(pending_.size());
      continue;
    }
    // Full: cut before the last code point, which may be incomplete.
    const auto last_start = std::ranges::find_if(pending_.rbegin(), pending_.rbegin() + 4, [](char byte) {
      return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
    });
    const auto cut = static_cast<std::size_t>(pending_.rend() - last_start) - 1;
    flush(static_cast<unsigned char>(*last_start) < 0x80 ? pending_.size() : cut);
  }
}

void LogStream::finish() {
  if (!pending_.empty()) flush(pending_.size());
}

}  // namespace palyra::host
