// SPDX-License-Identifier: Apache-2.0
#include "egress_fixture.h"

#include <palyra/base/hidden_secret.h>
#include <palyra/base/locked_bytes.h>

#include <arpa/inet.h>
#include <csignal>
#include <sys/socket.h>
#include <sys/wait.h>

namespace palyra::egress {
namespace {

using testing::FailsWith;
using testing::HiddenSecret;
using testing::IsOk;

// A server in a process of its own, so that this one holds nothing of what it was sent. It repeats the head of each
// request in two headers and, many times, in the body.
class EchoProcess {
 public:
  EchoProcess() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    port_ = ntohs(address.sin_port);
    child_ = ::fork();
    if (child_ == 0) serve();
  }
  EchoProcess(const EchoProcess&) = delete;
  EchoProcess& operator=(const EchoProcess&) = delete;
  ~EchoProcess() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  static constexpr std::size_t kTimes = 2'000;

  [[noreturn]] void serve() noexcept {
    ::signal(SIGPIPE, SIG_IGN);
    while (true) {
      const UniqueFd peer(::accept(listener_.get(), nullptr, nullptr));
      std::string head;
      char piece[4'096];
      while (!head.contains("\r\n\r\n")) {
        const ssize_t got = ::read(peer.get(), piece, sizeof piece);
        if (got <= 0) break;
        head.append(piece, static_cast<std::size_t>(got));
      }
      const std::size_t at = head.find("Authorization: ");
      const std::string sent = at == std::string::npos ? "" : head.substr(at, head.find('\r', at) - at);
      std::string reply = fmt::format("HTTP/1.1 200 OK\r\nX-One: {0}\r\nX-{0}: two\r\nContent-Length: {1}\r\n\r\n",
                                      sent, kTimes * head.size());
      for (std::size_t i = 0; i < kTimes; ++i) reply += head;
      std::string_view left = reply;
      while (!left.empty()) {
        const ssize_t wrote = ::write(peer.get(), left.data(), left.size());
        if (wrote <= 0) break;
        left.remove_prefix(static_cast<std::size_t>(wrote));
      }
    }
  }

  UniqueFd listener_;
  std::uint16_t port_ = 0;
  pid_t child_ = -1;
};

class HttpMemoryTest : public testing::EgressTest {
 protected:
  // With another secret first: a function that is found at its first call saves the registers, with what was copied
  // last, on the stack.
  HttpMemoryTest() {
    const HiddenSecret first;
    auto reply = ask_with(first.reveal());
    EXPECT_THAT(reply, IsOk());
    if (reply) wipe(*reply);
    static_cast<void>(first.copies());
  }

  // With the secret in a header and in the query.
  Result<capability::HttpReply> ask_with(const LockedBytes& value) {
    binding.port = 80;
    binding.address_port = server_.port();
    HttpEgress egress(settings, resolver);
    LockedBytes whole(6 + value.size());
    std::ranges::copy(as_bytes("/?key="), whole.reveal_writable().begin());
    std::ranges::copy(value.reveal(), whole.reveal_writable().begin() + 6);
    const std::vector<capability::HttpField> secret_fields{{.name = "Authorization", .value = as_text(value.reveal())}};
    return egress.exchange({.scheme = capability::HttpScheme::kHttp,
                            .host = "api.example.com",
                            .port = 80,
                            .target = as_text(whole.reveal()),
                            .fields = secret_fields,
                            .body = {},
                            .max_reply_bytes = max_reply_bytes,
                            .binding = &binding,
                            .deadline = std::chrono::steady_clock::now() + patience,
                            .cancelled = cancelled});
  }
  EchoProcess server_;
  HiddenSecret secret_;
};

// S06
TEST_F(HttpMemoryTest, AnExchangeLeavesNoCopyOfASecretOrOfItsEcho) {
  for (int round = 0; round < 3; ++round) {
    {
      const LockedBytes value = secret_.reveal();
      auto reply = ask_with(value);
      ASSERT_THAT(reply, IsOk());
      EXPECT_GT(reply->body.size(), 200'000U);
      EXPECT_TRUE(as_text(reply->body).contains(as_text(value.reveal())));
      EXPECT_GT(secret_.copies(), 1U);  // the search can find it
      wipe(*reply);
    }
    EXPECT_EQ(secret_.copies(), 0U);
  }
}

// S06
TEST_F(HttpMemoryTest, AnExchangeThatFailsLeavesNoCopyEither) {
  max_reply_bytes = 100'000;
  EXPECT_THAT(ask_with(secret_.reveal()), FailsWith(capability::kHttpReplyTooLarge));
  EXPECT_EQ(secret_.copies(), 0U);
  int asked = 0;
  cancelled = [&] { return ++asked > 1; };
  max_reply_bytes = std::size_t{4} << 20;
  auto reply = ask_with(secret_.reveal());
  if (reply) wipe(*reply);  // it was quicker
  EXPECT_EQ(secret_.copies(), 0U);
}

}  // namespace
}  // namespace palyra::egress
