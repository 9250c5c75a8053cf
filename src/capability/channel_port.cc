// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/clock.h>
#include <palyra/base/json_bytes.h>
#include <palyra/capability/channel_port.h>

namespace palyra::capability {

std::string envelope(const ChannelMessage& message) {
  Json json;
  json.set("id", message.id);
  json.set("sender", message.sender);
  if (!message.skill_id.empty()) {
    json.set("skill", message.skill_id);
    json.set("content_root", message.content_root);
  }
  json.set("time", to_text(WallTime{std::chrono::floor<std::chrono::seconds>(message.time).count()}));
  json.set("hops", message.hops);
  set_bytes(json, "body", message.body);
  return to_text(json);
}

}  // namespace palyra::capability
