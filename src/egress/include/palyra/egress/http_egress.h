// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one way out of the machine: HTTP/1.1 over libcurl, to addresses that were judged.
//
// The library is loaded at the first exchange. Names are resolved here and every answer is judged (ip_address.h); the
// connection goes to one of them, which is checked again on the address of the socket. TLS is 1.2 or newer and verified
// with name. No redirects, no decoding, no cookies, no cache, no connection kept, nothing from the environment.
//
// An exchange that does not come to a connection, for whatever reason, takes a whole multiple of connect_timeout (or
// until its deadline), so that a guest cannot tell a closed port from a silent one or from a refused address.
//
// Source: docs/guest-abi.md 3.

#include <palyra/capability/http_port.h>
#include <palyra/egress/resolver.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>

namespace palyra::egress {

struct HttpSettings {
  std::string proxy;    // "http://host:port"; empty: none
  std::string ca_file;  // PEM; empty: the system's
  std::size_t max_concurrent = 64;
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds slow_window{10'000};  // a reply that has begun moves 1 KiB a second over each of these
};

class HttpEgress final : public capability::HttpPort {
 public:
  // `resolver` outlives it.
  HttpEgress(HttpSettings settings, Resolver& resolver) : settings_(std::move(settings)), resolver_(resolver) {}

  [[nodiscard]] Result<capability::HttpReply> exchange(const capability::HttpExchange& exchange) override;

 private:
  class Slot;
  Result<> take_slot(const capability::HttpExchange& exchange);
  void free_slot();
  Result<capability::HttpReply> connect_and_run(const capability::HttpExchange& exchange, SteadyTime began,
                                                bool& connected);

  HttpSettings settings_;
  Resolver& resolver_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::size_t running_ = 0;  // guarded by mutex_
};

}  // namespace palyra::egress
