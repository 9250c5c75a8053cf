// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one call has received from channels: messages it was shown but has not read to the end, and those it has.

#include <palyra/capability/channel_port.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace palyra::host {

class ChannelCalls {
 public:
  // Hops of a message that the call sends now: one more than any that it received. May be above kMaxHops.
  [[nodiscard]] std::int64_t next_hops() const { return hops_ + 1; }

  // The envelope that the channel's next answer is, until it was read; nullptr: the port is to be asked.
  [[nodiscard]] const std::string* offered(std::string_view channel) const;
  // `message` was received, and `text` is its envelope.
  const std::string& offer(std::string_view channel, const capability::ChannelMessage& message, std::string text);
  // The guest has all of what was offered.
  void take(std::string_view channel);

  // What was read to the end, by id: delivered, when the tool succeeds.
  std::vector<std::int64_t> finish() { return std::move(read_); }

 private:
  struct Offer {
    std::int64_t id = 0;
    std::string text{};
  };
  std::map<std::string, Offer, std::less<>> offers_;
  std::vector<std::int64_t> read_;
  std::int64_t hops_ = 0;
};

}  // namespace palyra::host
