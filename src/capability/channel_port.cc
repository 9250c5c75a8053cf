// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/base64.h>
#include <palyra/base/clock.h>
#include <palyra/base/json.h>
#include <palyra/base/utf8.h>
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
  const std::string_view body = as_text(message.body);
  if (is_utf8(body)) {
    json.set("body", body);
  } else {
    json.set("body_base64", to_base64(message.body));
  }
  return to_text(json);
}

}  // namespace palyra::capability
