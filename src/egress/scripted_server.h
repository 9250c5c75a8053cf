// SPDX-License-Identifier: Apache-2.0
#pragma once
// A server on a loopback address that says what a test tells it to say, byte by byte, in the clear or over TLS; and
// every connect(2) of the test's process, seen from outside.

#include <palyra/base/guarded.h>
#include <palyra/base/unique_fd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace palyra::testing {

struct TlsSetup {
  std::string name = "api.example.com";  // in the certificate
  long ends_in_seconds = 3'600;          // negative: expired
  int highest_version = 0;               // an OpenSSL TLS1_x_VERSION; 0: the newest
};

class TlsIdentity;

class ServedConnection {
 public:
  ServedConnection(int socket, const TlsIdentity* identity);
  ServedConnection(const ServedConnection&) = delete;
  ServedConnection& operator=(const ServedConnection&) = delete;
  ~ServedConnection();

  // Head and body (by Content-Length) of one request; what had come when the client closed.
  std::string read_request();
  // False: the client has gone.
  bool write(std::string_view text);

 private:
  long read_some(char* to, std::size_t bytes);
  int socket_;
  void* tls_ = nullptr;
};

class ScriptedServer {
 public:
  using Script = std::function<void(ServedConnection&)>;

  // Answers every request with these bytes.
  explicit ScriptedServer(std::string reply);
  explicit ScriptedServer(Script script);
  ScriptedServer(std::string reply, const TlsSetup& tls);
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string certificate() const;  // PEM; of a server with TLS
  // What read_request has read so far, and the number of connections.
  [[nodiscard]] std::vector<std::string> requests() const { return *requests_.lock(); }
  [[nodiscard]] int accepted() const { return accepted_; }

 private:
  void start();
  void serve();

  Script script_;
  std::unique_ptr<TlsIdentity> identity_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_ = 0;
  std::atomic<bool> stopping_ = false;
  Guarded<std::vector<std::string>> requests_;
  Guarded<std::vector<int>> open_;  // sockets of the connections that are served
  std::vector<std::jthread> connections_;
  std::jthread acceptor_;
};

// Where connect(2) was asked to go since the last call ("127.0.0.1:8080"), in this process, by whatever library.
// Addresses that are not loopback are not connected to: ENETUNREACH.
std::vector<std::string> take_connects();

}  // namespace palyra::testing
