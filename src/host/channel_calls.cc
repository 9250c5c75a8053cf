// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/check.h>
#include <palyra/host/channel_calls.h>

#include <algorithm>

namespace palyra::host {

const std::string* ChannelCalls::offered(std::string_view channel) const {
  const auto found = offers_.find(channel);
  return found == offers_.end() ? nullptr : &found->second.text;
}

const std::string& ChannelCalls::offer(std::string_view channel, const capability::ChannelMessage& message,
                                       std::string text) {
  hops_ = std::max(hops_, message.hops);
  const auto [added, is_new] = offers_.emplace(channel, Offer{.id = message.id, .text = std::move(text)});
  PALYRA_CHECK(is_new);
  return added->second.text;
}

void ChannelCalls::take(std::string_view channel) {
  const auto found = offers_.find(channel);
  PALYRA_CHECK(found != offers_.end());
  read_.push_back(found->second.id);
  offers_.erase(found);
}

}  // namespace palyra::host
