// SPDX-License-Identifier: Apache-2.0
#include "scripted_server.h"

#include <palyra/base/c_handle.h>
#include <palyra/base/check.h>
#include <palyra/egress/ip_address.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>

namespace palyra::testing {
namespace {

using EvpPkey = CHandle<EVP_PKEY, &EVP_PKEY_free>;
using Certificate = CHandle<X509, &X509_free>;

Certificate make_certificate(EVP_PKEY& key, const TlsSetup& setup) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  constexpr long kYear = 365L * 24 * 3'600;
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kYear);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), setup.ends_in_seconds);
  X509_set_pubkey(certificate.get(), &key);
  X509_NAME* const name = X509_get_subject_name(certificate.get());
  const auto* const text = reinterpret_cast<const unsigned char*>("test");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  const std::string names = "DNS:" + setup.name;
  const CHandle<X509_EXTENSION, &X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str()));
  X509_add_ext(certificate.get(), extension.get(), -1);
  PALYRA_CHECK(X509_sign(certificate.get(), &key, EVP_sha256()) > 0);
  return certificate;
}

std::string pem_of(X509& certificate) {
  const CHandle<BIO, &BIO_free_all> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), &certificate);
  char* data = nullptr;
  const long bytes = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(bytes)};
}

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "\r\nContent-Length: ";
  const std::size_t at = head.find(kName);
  std::size_t length = 0;
  if (at != std::string_view::npos) {
    const std::string_view digits = head.substr(at + kName.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), length);
  }
  return length;
}

Guarded<std::vector<std::string>>& connects() {
  static Guarded<std::vector<std::string>> seen;
  return seen;
}

}  // namespace

class TlsIdentity {
 public:
  explicit TlsIdentity(const TlsSetup& setup)
      : key_(EVP_EC_gen("P-256")),
        certificate_(make_certificate(*key_, setup)),
        context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_use_certificate(context_.get(), certificate_.get());
    SSL_CTX_use_PrivateKey(context_.get(), key_.get());
    if (setup.highest_version != 0) {
      SSL_CTX_set_security_level(context_.get(), 0);
      SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
      SSL_CTX_set_max_proto_version(context_.get(), setup.highest_version);
    }
  }
  [[nodiscard]] SSL_CTX* context() const { return context_.get(); }
  [[nodiscard]] std::string certificate() const { return pem_of(*certificate_); }

 private:
  EvpPkey key_;
  Certificate certificate_;
  CHandle<SSL_CTX, &SSL_CTX_free> context_;
};

ServedConnection::ServedConnection(int socket, const TlsIdentity* identity) : socket_(socket) {
  if (identity == nullptr) return;
  SSL* const tls = SSL_new(identity->context());
  SSL_set_fd(tls, socket);
  tls_ = tls;
  if (SSL_accept(tls) != 1) {
    SSL_free(tls);
    tls_ = nullptr;
    ::shutdown(socket_, SHUT_RDWR);
  }
}

ServedConnection::~ServedConnection() {
  if (tls_ != nullptr) {
    SSL_shutdown(static_cast<SSL*>(tls_));
    SSL_free(static_cast<SSL*>(tls_));
  }
}

long ServedConnection::read_some(char* to, std::size_t bytes) {
  if (tls_ != nullptr) return SSL_read(static_cast<SSL*>(tls_), to, static_cast<int>(bytes));
  return ::recv(socket_, to, bytes, 0);
}

std::string ServedConnection::read_request() {
  std::string request;
  std::size_t wanted = std::string::npos;
  char buffer[4'096];
  while (request.size() < wanted) {
    const long got = read_some(buffer, sizeof buffer);
    if (got <= 0) break;
    request.append(buffer, static_cast<std::size_t>(got));
    const std::size_t end = request.find("\r\n\r\n");
    if (end != std::string::npos) wanted = end + 4 + content_length(std::string_view(request).substr(0, end + 2));
  }
  return request;
}

bool ServedConnection::write(std::string_view text) {
  while (!text.empty()) {
    const long put = tls_ != nullptr ? SSL_write(static_cast<SSL*>(tls_), text.data(), static_cast<int>(text.size()))
                                     : ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    if (put <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

ScriptedServer::ScriptedServer(std::string reply)
    : script_([this, reply = std::move(reply)](ServedConnection& connection) {
        std::string request = connection.read_request();
        requests_.lock()->push_back(std::move(request));
        connection.write(reply);
      }) {
  start();
}

ScriptedServer::ScriptedServer(Script script) : script_(std::move(script)) { start(); }

ScriptedServer::ScriptedServer(std::string reply, const TlsSetup& tls)
    : script_([this, reply = std::move(reply)](ServedConnection& connection) {
        std::string request = connection.read_request();
        requests_.lock()->push_back(std::move(request));
        connection.write(reply);
      }),
      identity_(std::make_unique<TlsIdentity>(tls)) {
  start();
}

void ScriptedServer::start() {
  listener_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  PALYRA_CHECK(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  PALYRA_CHECK(::listen(listener_.get(), SOMAXCONN) == 0);
  socklen_t size = sizeof address;
  PALYRA_CHECK(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { serve(); });
}

void ScriptedServer::serve() {
  // OpenSSL writes with write(2). Only here and in the threads from here: the client must do without.
  sigset_t pipe{};
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  while (true) {
    const int socket = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0 || stopping_) {
      if (socket >= 0) ::close(socket);
      return;
    }
    ++accepted_;
    open_.lock()->push_back(socket);
    connections_.emplace_back([this, socket] {
      {
        ServedConnection connection(socket, identity_.get());
        script_(connection);
      }
      const auto open = open_.lock();
      std::erase(*open, socket);
      ::close(socket);
    });
  }
}

ScriptedServer::~ScriptedServer() {
  stopping_ = true;
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  {
    const auto open = open_.lock();
    for (const int socket : *open) ::shutdown(socket, SHUT_RDWR);
  }
  connections_.clear();
}

std::string ScriptedServer::certificate() const { return identity_->certificate(); }

std::vector<std::string> take_connects() { return std::exchange(*connects().lock(), {}); }

}  // namespace palyra::testing

// Stands before the C library's: the test binary exports it, and libcurl is loaded after.
extern "C" int connect(int socket, const sockaddr* address, socklen_t size) {
  using palyra::egress::Endpoint;
  using palyra::egress::IpFamily;
  Endpoint endpoint;
  bool loopback = false;
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    std::memcpy(endpoint.address.bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
    endpoint.port = ntohs(v4.sin_port);
    loopback = endpoint.address.bytes[0] == 127;
  } else if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    endpoint.address.family = IpFamily::kV6;
    std::memcpy(endpoint.address.bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
    endpoint.port = ntohs(v6.sin6_port);
    loopback = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) != 0;
  }
  palyra::testing::connects().lock()->push_back(address->sa_family == AF_UNIX ? "unix" : to_text(endpoint));
  if (!loopback && address->sa_family != AF_UNIX) {
    errno = ENETUNREACH;
    return -1;
  }
  using Connect = int (*)(int, const sockaddr*, socklen_t);
  static const auto real = reinterpret_cast<Connect>(dlsym(RTLD_NEXT, "connect"));
  return real(socket, address, size);
}
