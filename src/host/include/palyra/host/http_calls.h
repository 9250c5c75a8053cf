// SPDX-License-Identifier: Apache-2.0
#pragma once
// The requests of one call: what a guest prepares, what is allowed of it, and what came back.
//
// Everything that a rule decides is decided here, without the network: origin, path, method, headers, the number of
// requests and their bytes, which secret goes where, and each hop of a redirect. What leaves goes through
// capability::HttpPort. What comes back is scanned for the secrets of the skill before the guest can read it.
//
// Source: docs/guest-abi.md 3.

#include <palyra/base/bytes.h>
#include <palyra/base/locked_bytes.h>
#include <palyra/capability/capability.h>
#include <palyra/capability/http_port.h>
#include <palyra/host/object_table.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::host {

// No grant allows the origin, path, method, secret or redirect that a guest asked for.
inline constexpr ErrorCode kHttpNotGranted{ErrorKind::kDenied, "http.not_granted"};
// A header that only the host sets.
inline constexpr ErrorCode kHttpHeaderRefused{ErrorKind::kDenied, "http.header_refused"};
// The secret of a rule has no value, or one that does not fit where the rule puts it.
inline constexpr ErrorCode kHttpSecretUnusable{ErrorKind::kNotFound, "http.secret_unusable"};

class CallState;

inline constexpr std::size_t kMaxHttpRequests = 16;  // sent in one call, hops of redirects among them
inline constexpr std::size_t kMaxHttpHeaders = 32;   // of one request
inline constexpr std::size_t kMaxHttpHeaderBytes = std::size_t{8} * 1024;
inline constexpr std::size_t kMaxHttpBodyBytes = std::size_t{8} << 20;  // of all requests of one call

// Until when a request may take.
struct HttpWait {
  SteadyTime deadline;
  std::function<bool()> cancelled;
};

struct HttpRequest {
  enum class Stage : std::uint8_t { kOpen, kFailed, kReplied };

  const capability::HttpRule* rule = nullptr;  // of the call's grants
  capability::HttpMethod method = capability::HttpMethod::kGet;
  std::string target;  // path and query, normalised
  // As the guest asked: records show these, since a redirect may have put a secret into `target`.
  capability::HttpMethod asked_method = capability::HttpMethod::kGet;
  std::string asked_target = {};
  std::vector<capability::HttpReplyField> fields = {};
  std::size_t field_bytes = 0;
  Bytes body = {};
  bool with_secret = false;  // the one that the rule names
  std::size_t held = 0;      // bytes that the call counts for it
  Stage stage = Stage::kOpen;
  capability::HttpReply reply = {};
  std::size_t read = 0;  // bytes of the reply's body that the guest has
};

class HttpCalls {
 public:
  // `call` owns this.
  HttpCalls(CallState& call, ObjectNumbers& numbers) : call_(call), requests_(numbers) {}
  HttpCalls(const HttpCalls&) = delete;
  HttpCalls& operator=(const HttpCalls&) = delete;
  ~HttpCalls() = default;

  // The first grant of that origin, or kNotFound.
  std::int32_t find_grant(std::string_view origin);
  // A request to the origin of a granted rule: its handle, or kInvalid, kDenied, kTooLarge, kExhausted.
  std::int32_t open(const capability::HttpRule& of_origin, std::int32_t method, std::string_view target);
  ObjectTable<HttpRequest>& requests() { return requests_; }

  // 0, or kInvalid for a name or value that breaks HTTP, one that is there already and a request that was sent;
  // kDenied for a name that is the host's; kTooLarge.
  std::int32_t add_header(HttpRequest& request, std::string_view name, std::string_view value);
  // 0, or kInvalid for a request that was sent; kDenied unless the rule names this secret.
  std::int32_t use_secret(HttpRequest& request, const capability::SecretUse& secret);
  // 0, or kInvalid for a request that was sent, GET and HEAD; kExhausted.
  std::int32_t append_body(HttpRequest& request, BytesView bytes);

  // The status, or kInvalid for a request that was sent, kExhausted, kTooLarge, kUnavailable. An error ends the run:
  // of kind kTimedOut or kCancelled.
  Result<std::int32_t> send(HttpRequest& request, const HttpWait& wait);

  void close(std::int32_t handle);

 private:
  [[nodiscard]] Result<capability::HttpReply> exchange(const HttpRequest& request, const HttpWait& wait);
  [[nodiscard]] Result<LockedBytes> placed_secret(const capability::HttpSecret& wanted) const;
  [[nodiscard]] bool follow(HttpRequest& request, const capability::HttpReply& reply, std::int64_t hops);
  [[nodiscard]] std::int32_t keep_reply(HttpRequest& request, capability::HttpReply reply);
  [[nodiscard]] Result<std::int32_t> answer_failure(const HttpRequest& request, Error error);

  CallState& call_;
  ObjectTable<HttpRequest> requests_;
  std::size_t sent_ = 0;
  std::size_t body_bytes_ = 0;
  bool guessed_ = false;  // a reply held a secret that its request did not carry
};

}  // namespace palyra::host
