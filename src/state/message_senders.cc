// SPDX-License-Identifier: Apache-2.0
#include "message_senders.h"

#include "storage_database.h"

#include <vector>

namespace palyra::state {
namespace {

Result<std::vector<std::string>> senders_of(const Database& storage, std::string_view channel) {
  std::vector<std::string> all;
  Statement rows = PALYRA_TRY(storage.query("SELECT DISTINCT content_root FROM message WHERE channel = ?1", channel));
  while (PALYRA_TRY(rows.step())) all.push_back(PALYRA_TRY(rows.text(0)));
  return all;
}

}  // namespace

Result<bool> MessageSenders::are_believed(const std::string& content_root) {
  if (content_root.empty()) return true;
  const auto root = crypto::parse_sha256(content_root);
  if (!root) return true;  // its digest will not fit, which says more
  if (!trust_) trust_ = PALYRA_TRY(StateStore::open(options_));
  return trust_->is_runnable(*root);
}

void MessageSenders::wait_for_locks(std::chrono::milliseconds most) {
  options_.wait = most;
  if (trust_) trust_->wait_for_locks(most);
}

Result<> forget_stopped_senders(const Database& storage, std::string_view channel, MessageSenders& senders) {
  for (const std::string& sender : PALYRA_TRY(of_storage(senders_of(storage, channel)))) {
    if (PALYRA_TRY(senders.are_believed(sender))) continue;
    PALYRA_TRY(of_storage(storage.run("DELETE FROM message WHERE channel = ?1 AND content_root = ?2", channel,
                                      std::string_view(sender))));
  }
  return {};
}

}  // namespace palyra::state
