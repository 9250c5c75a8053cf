// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether what a message's sender says still counts: not when its version was quarantined, revoked or removed since.

#include "sqlite.h"

#include <palyra/state/state_store.h>

#include <optional>
#include <string>
#include <string_view>

namespace palyra::state {

// Opens trust.db at the first question.
class MessageSenders {
 public:
  explicit MessageSenders(StateOptions options) : options_(std::move(options)) {}
  // Empty is an operator, who is not revoked. Errors: those of StateStore.
  Result<bool> are_believed(const std::string& content_root);
  // For trust.db, at each question from here on.
  void wait_for_locks(std::chrono::milliseconds most);

 private:
  StateOptions options_;
  std::optional<StateStore> trust_;
};

// Deletes what senders of the channel said who are believed no more. In the caller's transaction for writing.
Result<> forget_stopped_senders(const Database& storage, std::string_view channel, MessageSenders& senders);

}  // namespace palyra::state
