// SPDX-License-Identifier: Apache-2.0
#include "curl_library.h"
#include "route.h"
#include "transfer.h"

#include <palyra/base/secret.h>
#include <palyra/capability/capability_names.h>
#include <palyra/egress/http_egress.h>

#include <algorithm>
#include <array>
#include <thread>

namespace palyra::egress {
namespace {

using capability::HttpExchange;
using capability::HttpReply;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTick{10};
constexpr std::size_t kMaxTargetBytes = std::size_t{16} * 1024;  // a secret in the query may have been long

Result<> check_form(const HttpExchange& exchange) {
  const auto is_visible = [](char c) { return c > ' ' && c < '\x7F' && c != '#' && c != '\\'; };
  const bool target = exchange.target.starts_with('/') && exchange.target.size() <= kMaxTargetBytes &&
                      std::ranges::all_of(exchange.target, is_visible);
  if (target && capability::is_host_name(exchange.host) && exchange.port != 0) return {};
  return fail(capability::kHttpUnusable, "a request that is not well-formed");
}

Result<> check_wait(const HttpExchange& exchange) {
  if (exchange.cancelled()) return fail(capability::kHttpCancelled, "the caller has gone");
  if (steady_clock::now() >= exchange.deadline) return fail(capability::kHttpTimedOut, "the deadline has come");
  return {};
}

bool ends_run(const Error& error) {
  return error.is(capability::kHttpTimedOut) || error.is(capability::kHttpCancelled);
}

// Until the next whole multiple of `step` since `began`.
Result<> wait_out(const HttpExchange& exchange, SteadyTime began, std::chrono::milliseconds step) {
  const auto steps = (steady_clock::now() - began) / step + 1;
  const SteadyTime until = began + steps * step;
  while (steady_clock::now() < until) {
    PALYRA_TRY(check_wait(exchange));
    std::this_thread::sleep_until(std::min({until, steady_clock::now() + kTick, exchange.deadline}));
  }
  return {};
}

// libcurl puts pieces of requests on the stack, where they stay when its functions have returned.
[[gnu::noinline]] void wipe_stack() noexcept {
  std::array<std::uint8_t, std::size_t{64} * 1024> below;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  Secret::wipe(below);
}

}  // namespace

class HttpEgress::Slot {
 public:
  explicit Slot(HttpEgress& egress) : egress_(egress) {}
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot() { egress_.free_slot(); }

 private:
  HttpEgress& egress_;
};

Result<> HttpEgress::take_slot(const HttpExchange& exchange) {
  std::unique_lock lock(mutex_);
  while (running_ >= settings_.max_concurrent) {
    PALYRA_TRY(check_wait(exchange));
    freed_.wait_for(lock, kTick);
  }
  ++running_;
  return {};
}

void HttpEgress::free_slot() {
  {
    const std::scoped_lock lock(mutex_);
    --running_;
  }
  freed_.notify_one();
}

Result<HttpReply> HttpEgress::connect_and_run(const HttpExchange& exchange, SteadyTime began, bool& connected) {
  const Route route = PALYRA_TRY(find_route(exchange, settings_.proxy, resolver_));
  const CurlLibrary curl = PALYRA_TRY(CurlLibrary::load());
  // Sooner than the step ends, or a port that is silent would take one more than a closed one.
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - began);
  const auto connecting = settings_.connect_timeout - settings_.connect_timeout / 8 - elapsed;
  Transfer transfer(curl, settings_, exchange, route, std::max(connecting, std::chrono::milliseconds(1)));
  auto reply = transfer.run();
  connected = transfer.connected();
  return reply;
}

Result<HttpReply> HttpEgress::exchange(const HttpExchange& exchange) {
  PALYRA_TRY(check_form(exchange));
  PALYRA_TRY(take_slot(exchange));
  const Slot slot(*this);
  const SteadyTime began = steady_clock::now();
  bool connected = false;
  auto reply = connect_and_run(exchange, began, connected);
  wipe_stack();
  if (!reply && !connected && !ends_run(reply.error())) {
    PALYRA_TRY(wait_out(exchange, began, settings_.connect_timeout));
  }
  return reply;
}

}  // namespace palyra::egress
