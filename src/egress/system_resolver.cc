// SPDX-License-Identifier: Apache-2.0
// getaddrinfo_a(3): a lookup that can be waited for with a deadline, without a thread of our own that nobody can stop.
#include <palyra/base/guarded.h>
#include <palyra/base/utf8.h>
#include <palyra/capability/http_port.h>
#include <palyra/egress/resolver.h>

#include <algorithm>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>

namespace palyra::egress {
namespace {

constexpr std::chrono::milliseconds kTick{10};

struct Lookup {
  explicit Lookup(std::string wanted) : name(std::move(wanted)) {
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    request.ar_name = name.c_str();
    request.ar_request = &hints;
  }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;
  ~Lookup() {
    if (request.ar_result != nullptr) freeaddrinfo(request.ar_result);
  }

  std::string name;
  addrinfo hints{};
  gaicb request{};
};

Result<std::vector<IpAddress>> addresses_of(const Lookup& lookup) {
  std::vector<IpAddress> addresses;
  for (const addrinfo* info = lookup.request.ar_result; info != nullptr; info = info->ai_next) {
    IpAddress address;
    if (info->ai_family == AF_INET) {
      sockaddr_in socket_address{};
      std::memcpy(&socket_address, info->ai_addr, sizeof socket_address);
      std::memcpy(address.bytes.data(), &socket_address.sin_addr, sizeof socket_address.sin_addr);
    } else if (info->ai_family == AF_INET6) {
      sockaddr_in6 socket_address{};
      std::memcpy(&socket_address, info->ai_addr, sizeof socket_address);
      address.family = IpFamily::kV6;
      std::memcpy(address.bytes.data(), &socket_address.sin6_addr, sizeof socket_address.sin6_addr);
    } else {
      continue;
    }
    if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
  }
  if (addresses.empty()) return fail(capability::kHttpNameUnresolved, "{} has no address", printable(lookup.name));
  return addresses;
}

}  // namespace

class SystemResolver::GivenUp {
 public:
  // Frees those that are done by now.
  void sweep() {
    std::erase_if(*lookups_.lock(), [](const auto& lookup) { return gai_error(&lookup->request) != EAI_INPROGRESS; });
  }

  void keep(std::unique_ptr<Lookup> lookup) {
    if (gai_cancel(&lookup->request) == EAI_NOTCANCELED) lookups_.lock()->push_back(std::move(lookup));
  }

  // The C library's threads write to requests that are under way for as long as the process lives.
  void leave_running() {
    sweep();
    const auto lookups = lookups_.lock();
    for (std::unique_ptr<Lookup>& lookup : *lookups) {
      [[maybe_unused]] const Lookup* const left = lookup.release();
    }
  }

 private:
  Guarded<std::vector<std::unique_ptr<Lookup>>> lookups_;
};

SystemResolver::SystemResolver() : given_up_(std::make_unique<GivenUp>()) {}
SystemResolver::~SystemResolver() { given_up_->leave_running(); }

Result<std::vector<IpAddress>> SystemResolver::resolve(const std::string& host, const LookupWait& wait) {
  given_up_->sweep();
  auto lookup = std::make_unique<Lookup>(host);
  gaicb* requests[] = {&lookup->request};
  const int started = getaddrinfo_a(GAI_NOWAIT, requests, 1, nullptr);
  if (started != 0) {
    return fail(capability::kHttpNameUnresolved, "{}: {}", printable(host), gai_strerror(started));
  }
  while (gai_error(&lookup->request) == EAI_INPROGRESS) {
    const bool cancelled = wait.cancelled();
    if (cancelled || std::chrono::steady_clock::now() >= wait.deadline) {
      given_up_->keep(std::move(lookup));
      if (cancelled) return fail(capability::kHttpCancelled, "the caller has gone");
      return fail(capability::kHttpTimedOut, "looking up {} took until the deadline", printable(host));
    }
    const timespec tick{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(kTick).count()};
    const gaicb* const waited[] = {&lookup->request};
    [[maybe_unused]] const int woken = gai_suspend(waited, 1, &tick);
  }
  const int failed = gai_error(&lookup->request);
  if (failed != 0) return fail(capability::kHttpNameUnresolved, "{}: {}", printable(host), gai_strerror(failed));
  return addresses_of(*lookup);
}

}  // namespace palyra::egress
