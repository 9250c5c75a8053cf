// SPDX-License-Identifier: Apache-2.0
#pragma once
// One exchange with a server on loopback that an operator allowed, and one with whatever a name leads to.

#include "scripted_server.h"

#include <palyra/base/testing.h>
#include <palyra/capability/http_port.h>
#include <palyra/egress/http_egress.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace palyra::testing {

// Names lead where the test says.
class FakeResolver final : public egress::Resolver {
 public:
  Result<std::vector<egress::IpAddress>> resolve(const std::string& host, const egress::LookupWait& /*wait*/) override {
    const auto asked = asked_.lock();
    ++*asked;
    const auto found = names.find(host);
    if (found == names.end()) return fail(capability::kHttpNameUnresolved, "no such name");
    return found->second(*asked);
  }

  // To these addresses, always.
  void add(const std::string& host, const std::vector<std::string>& addresses) {
    std::vector<egress::IpAddress> parsed;
    for (const std::string& text : addresses) parsed.push_back(egress::parse_ip(text).value());
    names[host] = [parsed](int) { return parsed; };
  }

  [[nodiscard]] int asked() const { return *asked_.lock(); }

  // By the number of lookups so far.
  std::map<std::string, std::function<std::vector<egress::IpAddress>(int)>> names;

 private:
  Guarded<int> asked_ = Guarded<int>(0);
};

class EgressTest : public ::testing::Test {
 protected:
  EgressTest() { static_cast<void>(take_connects()); }

  // To `server`, as http://api.example.com, which an operator bound to it.
  Result<capability::HttpReply> ask(const ScriptedServer& server) {
    binding.port = scheme == capability::HttpScheme::kHttp ? 80 : 443;
    binding.address_port = server.port();
    return ask_at("api.example.com", binding.port, &binding);
  }

  Result<capability::HttpReply> ask_at(std::string_view host, std::uint16_t port,
                                       const capability::AddressBinding* bound = nullptr) {
    egress::HttpEgress egress(settings, resolver);
    return egress.exchange({.method = method,
                            .scheme = scheme,
                            .host = host,
                            .port = port,
                            .target = target,
                            .fields = fields,
                            .body = as_bytes(body),
                            .max_reply_bytes = max_reply_bytes,
                            .binding = bound,
                            .deadline = std::chrono::steady_clock::now() + patience,
                            .cancelled = cancelled});
  }

  FakeResolver resolver;
  egress::HttpSettings settings{.proxy = "", .ca_file = "", .connect_timeout = std::chrono::milliseconds(500)};
  capability::AddressBinding binding{.host = "api.example.com", .address = "127.0.0.1"};
  capability::HttpScheme scheme = capability::HttpScheme::kHttp;
  capability::HttpMethod method = capability::HttpMethod::kGet;
  std::string target = "/";
  std::vector<capability::HttpField> fields;
  std::string body;
  std::size_t max_reply_bytes = std::size_t{4} << 20;
  std::chrono::milliseconds patience = std::chrono::seconds(20);
  std::function<bool()> cancelled = [] { return false; };
};

inline constexpr std::string_view kOkReply = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace palyra::testing
