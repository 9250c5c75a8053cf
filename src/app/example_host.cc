// SPDX-License-Identifier: Apache-2.0
#include "example_host.h"

#include <palyra/base/check.h>
#include <palyra/capability/capability_names.h>
#include <palyra/host/secret_placement.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace palyra::app {
namespace {

constexpr std::string_view kDomain{"palyra/example-random/1\0", 24};

crypto::Sha256Digest make_block(const crypto::Sha256Digest& content_root, std::uint64_t number) {
  std::array<std::uint8_t, 8> big_endian{};
  for (std::size_t i = 0; i < big_endian.size(); ++i) {
    big_endian.at(i) = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  }
  crypto::Sha256 hash;
  hash.update(kDomain);
  hash.update(content_root.bytes);
  hash.update(big_endian);
  return hash.finish();
}

// Fits every placement, and nothing honest has it.
constexpr std::string_view kStandIn = "palyra-example:stands-in-for-a-secret";

std::string_view default_port(std::string_view scheme) { return scheme == "https" ? ":443" : ":80"; }

// As requests are compared: "GET https://api.example.com/v1", the host in lower case, without the scheme's own port,
// with a path. The rest is as it goes on the wire.
std::string request_text(capability::HttpMethod method, std::string_view url) {
  const std::string_view scheme = url.substr(0, url.find("://"));
  const std::string_view rest = url.substr(scheme.size() + 3);
  std::string_view place = rest.substr(0, rest.find_first_of("/?"));
  const std::string_view target = rest.substr(place.size());
  if (place.ends_with(default_port(scheme))) place.remove_suffix(default_port(scheme).size());
  return fmt::format("{} {}://{}{}{}", to_text(method), scheme, capability::lower_case(place),
                     target.starts_with('/') ? "" : "/", target);
}

std::string request_text(const capability::HttpExchange& exchange) {
  return request_text(exchange.method, fmt::format("{}://{}:{}{}", to_text(exchange.scheme), exchange.host,
                                                   exchange.port, StandInSecrets::without(exchange.target)));
}

}  // namespace

StandInSecrets::StandInSecrets() : value_{.bytes = LockedBytes::copy_of(as_bytes(kStandIn)), .scanning = {}} {}

std::string_view StandInSecrets::without(std::string_view target) {
  const auto placed = host::place_secret("query:secret", as_bytes(kStandIn));
  PALYRA_CHECK(placed.has_value());
  const std::string_view value = as_text(placed->reveal());
  return target.ends_with(value) ? target.substr(0, target.find_last_of("?&")) : target;
}

RecordedHttp::RecordedHttp(const std::vector<skills::RecordedReply>& replies) {
  recordings_.reserve(replies.size());
  for (const skills::RecordedReply& reply : replies) {
    recordings_.push_back({.request = request_text(reply.method, reply.url), .reply = &reply});
  }
}

Result<capability::HttpReply> RecordedHttp::exchange(const capability::HttpExchange& exchange) {
  std::string request = request_text(exchange);
  const auto found = std::ranges::find_if(recordings_, [&](const Recording& recording) {
    return recording.reply != nullptr && recording.request == request;
  });
  if (found == recordings_.end()) {
    if (!missed_) missed_ = std::move(request);
    return fail(capability::kHttpConnectFailed, "the example has no recorded reply to this request");
  }
  const skills::RecordedReply& recorded = *std::exchange(found->reply, nullptr);
  capability::HttpReply reply{.status = static_cast<int>(recorded.status), .fields = {}, .body = {}};
  for (const auto& [name, value] : recorded.headers) reply.fields.push_back({.name = name, .value = value});
  if (exchange.method != capability::HttpMethod::kHead) reply.body = to_bytes(recorded.body);
  if (reply.body.size() > exchange.max_reply_bytes) {
    return fail(capability::kHttpReplyTooLarge, "the recorded reply is {} bytes, limit {}", reply.body.size(),
                exchange.max_reply_bytes);
  }
  return reply;
}

std::vector<std::string> RecordedHttp::unused() const {
  std::vector<std::string> unused;
  for (const Recording& recording : recordings_) {
    if (recording.reply != nullptr) unused.push_back(recording.request);
  }
  return unused;
}

bool ContentRandom::fill(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    if (left_ == 0) {
      block_ = make_block(content_root_, next_block_++);
      left_ = block_.bytes.size();
    }
    const std::size_t taken = std::min(left_, bytes.size());
    std::ranges::copy(std::span(block_.bytes).last(left_).first(taken), bytes.begin());
    left_ -= taken;
    bytes = bytes.subspan(taken);
  }
  return true;
}

}  // namespace palyra::app
