// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a request leaves this machine: one request to one origin, one reply, one connection.
//
// Whoever calls has judged the request against a grant; whoever implements the port (egress) judges where the
// connection leads. Nothing is followed, decoded, remembered or tried again. Source: docs/guest-abi.md 3.

#include <palyra/base/bytes.h>
#include <palyra/base/clock.h>
#include <palyra/base/error.h>
#include <palyra/base/secret.h>
#include <palyra/capability/capability.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::capability {

// The name leads to an address that is not global unicast, or is a metadata service. next() is the
// option with which an operator allows it.
inline constexpr ErrorCode kHttpAddressRefused{ErrorKind::kDenied, "http.address_refused"};
inline constexpr ErrorCode kHttpNameUnresolved{ErrorKind::kUnavailable, "http.name_unresolved"};
inline constexpr ErrorCode kHttpConnectFailed{ErrorKind::kUnavailable, "http.connect_failed"};
// The server's certificate, name or TLS version is refused.
inline constexpr ErrorCode kHttpTlsFailed{ErrorKind::kUntrusted, "http.tls_failed"};
// No reply, half a reply, or one that breaks the protocol.
inline constexpr ErrorCode kHttpReplyBroken{ErrorKind::kUnavailable, "http.reply_broken"};
inline constexpr ErrorCode kHttpReplyTooLarge{ErrorKind::kLimitExceeded, "http.reply_too_large"};
inline constexpr ErrorCode kHttpReplyTooSlow{ErrorKind::kUnavailable, "http.reply_too_slow"};
// The exchange's own deadline came, or its caller has gone.
inline constexpr ErrorCode kHttpTimedOut{ErrorKind::kTimedOut, "http.timed_out"};
inline constexpr ErrorCode kHttpCancelled{ErrorKind::kCancelled, "http.cancelled"};
// libcurl cannot be loaded or lacks what is needed, or a setting of it is not usable.
inline constexpr ErrorCode kHttpUnusable{ErrorKind::kInternal, "http.unusable"};

// An operator's word, given at promotion, that one origin lives at one address: it is connected to instead of
// resolving, and not judged. Host and TLS name stay those of the origin.
struct AddressBinding {
  std::string host;
  std::uint16_t port = 443;  // of the origin
  std::string address;       // IPv4 or IPv6, without brackets
  std::uint16_t address_port = 443;
  friend bool operator==(const AddressBinding&, const AddressBinding&) = default;
};

// One header field. A view: the value may be a secret, of which nobody keeps a copy.
struct HttpField {
  std::string_view name;   // a token
  std::string_view value;  // visible ASCII, spaces and tabs
};

// Everything borrowed outlives the exchange.
struct HttpExchange {
  HttpMethod method = HttpMethod::kGet;
  HttpScheme scheme = HttpScheme::kHttps;
  std::string_view host;  // is_host_name
  std::uint16_t port = 443;
  std::string_view target;  // path and query, visible ASCII, as they go on the wire
  std::span<const HttpField> fields;
  BytesView body;                   // without GET and HEAD
  std::size_t max_reply_bytes = 0;  // of the reply's body
  const AddressBinding* binding = nullptr;
  SteadyTime deadline;
  const std::function<bool()>& cancelled;  // asked every few milliseconds
};

struct HttpReplyField {
  std::string name;   // a token, as received
  std::string value;  // without control characters
  friend bool operator==(const HttpReplyField&, const HttpReplyField&) = default;
};

struct HttpReply {
  int status = 0;                      // 200 to 599
  std::vector<HttpReplyField> fields;  // in the order received, at most 100 of 64 KiB in all
  Bytes body;                          // as received: chunks joined, nothing decoded
};

// Before a reply that nobody searched for secrets is thrown away: a server may have repeated one.
inline void wipe(HttpReply& reply) noexcept {
  const auto wipe_text = [](std::string& text) {
    Secret::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  };
  for (HttpReplyField& field : reply.fields) {
    wipe_text(field.name);
    wipe_text(field.value);
  }
  Secret::wipe(reply.body);
}

class HttpPort {
 public:
  virtual ~HttpPort() = default;
  // The codes above, and no others. May be called from several threads.
  [[nodiscard]] virtual Result<HttpReply> exchange(const HttpExchange& exchange) = 0;
};

}  // namespace palyra::capability
