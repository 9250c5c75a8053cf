// SPDX-License-Identifier: Apache-2.0
#pragma once
// A key-value store and mailboxes in memory, for tests of what guests see of them.

#include <palyra/capability/channel_port.h>
#include <palyra/capability/storage_port.h>

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace palyra::testing {

class MapStorage final : public capability::StoragePort {
 public:
  Result<std::optional<capability::StoredValue>> get(capability::StorageKey at) override {
    if (broken) return std::unexpected(*broken);
    const auto found = values.find({std::string(at.prefix), std::string(at.key)});
    if (found == values.end()) return std::nullopt;
    return found->second;
  }
  Result<capability::PutAnswer> put(const capability::StoragePut& put) override {
    using capability::StorageChange;
    if (broken) return std::unexpected(*broken);
    const std::pair name(std::string(put.at.prefix), std::string(put.at.key));
    if (!is_as_expected(name, put.expected)) return capability::PutAnswer{.change = StorageChange::kConflict};
    if (std::ssize(put.value) > put.max_bytes) return capability::PutAnswer{.change = StorageChange::kOverQuota};
    values[name] = {.value = Bytes(put.value.begin(), put.value.end()), .version = ++last_version};
    return capability::PutAnswer{.change = StorageChange::kDone, .version = last_version};
  }
  Result<capability::StorageChange> remove(capability::StorageKey at, std::int64_t expected) override {
    using capability::StorageChange;
    if (broken) return std::unexpected(*broken);
    const std::pair name(std::string(at.prefix), std::string(at.key));
    if (!is_as_expected(name, expected)) return StorageChange::kConflict;
    return values.erase(name) == 0 ? StorageChange::kNotFound : StorageChange::kDone;
  }
  Result<std::vector<std::string>> list(capability::StorageKey after, std::size_t most) override {
    if (broken) return std::unexpected(*broken);
    asked_for = most;
    std::vector<std::string> keys;
    for (const auto& [name, value] : values) {
      const bool wanted = name.first == after.prefix && name.second > after.key && keys.size() < most;
      if (wanted) keys.push_back(name.second);
    }
    return keys;
  }

  std::map<std::pair<std::string, std::string>, capability::StoredValue> values;
  std::int64_t last_version = 0;
  std::size_t asked_for = 0;
  std::optional<Error> broken;

 private:
  [[nodiscard]] bool is_as_expected(const std::pair<std::string, std::string>& name, std::int64_t expected) const {
    const auto found = values.find(name);
    return expected == capability::kAnyVersion || expected == (found == values.end() ? 0 : found->second.version);
  }
};

class QueueChannels final : public capability::ChannelPort {
 public:
  Result<capability::SendAnswer> send(const capability::ChannelSend& send) override {
    if (broken) return std::unexpected(*broken);
    if (answer == capability::SendAnswer::kSent) {
      sent.push_back({std::string(send.channel), Bytes(send.body.begin(), send.body.end()), send.hops});
    }
    return answer;
  }
  Result<std::optional<capability::ChannelMessage>> receive(std::string_view channel) override {
    if (broken) return std::unexpected(*broken);
    std::deque<capability::ChannelMessage>& mailbox = waiting[std::string(channel)];
    if (mailbox.empty()) return std::nullopt;
    capability::ChannelMessage first = std::move(mailbox.front());
    mailbox.pop_front();
    return first;
  }

  struct Sent {
    std::string channel;
    Bytes body;
    std::int64_t hops;
  };
  std::vector<Sent> sent;
  std::map<std::string, std::deque<capability::ChannelMessage>> waiting;
  capability::SendAnswer answer = capability::SendAnswer::kSent;
  std::optional<Error> broken;
};

}  // namespace palyra::testing
