// SPDX-License-Identifier: Apache-2.0
#include "transfer.h"

#include <palyra/base/check.h>
#include <palyra/base/secret.h>
#include <palyra/base/unique_fd.h>
#include <palyra/base/utf8.h>
#include <palyra/capability/capability_names.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

namespace palyra::egress {
namespace {

using capability::HttpField;
using capability::HttpMethod;
using capability::HttpReply;
using std::chrono::steady_clock;

constexpr int kTickMilliseconds = 10;
constexpr std::size_t kSlowBytesPerSecond = 1'024;
constexpr int kLowestStatus = 200;
constexpr int kHighestStatus = 599;
// What the host's own header lines and the words around URL and fields take, with room.
constexpr std::size_t kOwnTextBytes = 1'024;
constexpr std::size_t kLineOverhead = 8;

bool is_name(std::string_view text, std::string_view lower) {
  return std::ranges::equal(
      text, lower, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

// Control characters become spaces: a header's value is put into lines elsewhere.
std::string without_controls(std::string_view text) {
  std::string clean(text);
  std::ranges::replace_if(
      clean, [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7F'; }, ' ');
  return clean;
}

// Servers and proxies disagree about such replies; libcurl takes the first number it sees.
bool has_odd_length(const HttpReply& reply) {
  constexpr std::size_t kMostDigits = 18;
  std::string_view first;
  for (const capability::HttpReplyField& field : reply.fields) {
    if (!is_name(field.name, "content-length")) continue;
    const bool number = !field.value.empty() && field.value.size() <= kMostDigits &&
                        field.value.find_first_not_of("0123456789") == std::string::npos;
    if (!number || (!first.empty() && first != field.value)) return true;
    first = field.value;
  }
  return false;
}

bool is_tls_failure(CURLcode code) {
  constexpr auto kCodes = std::to_array<CURLcode>({CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
                                                   CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR,
                                                   CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH});
  return std::ranges::find(kCodes, code) != kCodes.end();
}

std::optional<Endpoint> endpoint_of(const curl_sockaddr& address) {
  Endpoint endpoint;
  if (address.family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address.addr, sizeof v4);
    std::memcpy(endpoint.address.bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
    endpoint.port = ntohs(v4.sin_port);
    return endpoint;
  }
  if (address.family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address.addr, sizeof v6);
  endpoint.address.family = IpFamily::kV6;
  std::memcpy(endpoint.address.bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
  endpoint.port = ntohs(v6.sin6_port);
  return endpoint;
}

// A server may repeat a secret: what the bytes outgrow is wiped.
void append(Bytes& bytes, BytesView more) {
  if (more.size() > bytes.capacity() - bytes.size()) {
    Bytes larger;
    larger.reserve(std::max(2 * bytes.capacity(), bytes.size() + more.size()));
    larger.assign(bytes.begin(), bytes.end());
    Secret::wipe(bytes);
    bytes.swap(larger);
  }
  bytes.insert(bytes.end(), more.begin(), more.end());
}

std::string bracketed(const IpAddress& address) {
  return address.family == IpFamily::kV4 ? to_text(address) : "[" + to_text(address) + "]";
}

// "+" before the entry would let it time out; without, it holds as long as the handle.
std::string pin_text(std::string_view host, std::uint16_t port, const std::vector<Endpoint>& endpoints) {
  std::string text = fmt::format("{}:{}:", host, port);
  for (const Endpoint& endpoint : endpoints) {
    if (text.back() != ':') text += ',';
    text += bracketed(endpoint.address);
  }
  return text;
}

}  // namespace

Transfer::Transfer(const CurlLibrary& curl, const HttpSettings& settings, const capability::HttpExchange& exchange,
                   const Route& route, std::chrono::milliseconds connecting)
    : curl_(curl),
      settings_(settings),
      exchange_(exchange),
      route_(route),
      connecting_(connecting),
      easy_(curl.easy_init()),
      multi_(curl.multi_init()) {}

Transfer::~Transfer() {
  if (multi_ != nullptr && easy_ != nullptr) static_cast<void>(curl_.multi_remove_handle(multi_, easy_));
  if (easy_ != nullptr) curl_.easy_cleanup(easy_);
  if (multi_ != nullptr) static_cast<void>(curl_.multi_cleanup(multi_));
  wipe(reply_);
}

template <class T>
void Transfer::set(CURLoption option, T value) {
  const CURLcode code = curl_.easy_setopt(easy_, option, value);
  if (refused_option_ == CURLE_OK) refused_option_ = code;
}

char* Transfer::keep(std::string_view first, std::string_view second, std::string_view third) {
  const std::span<std::uint8_t> all = text_.reveal_writable();
  const std::size_t begin = text_used_;
  for (const std::string_view part : {first, second, third}) {
    PALYRA_CHECK(part.size() < all.size() - text_used_);
    std::ranges::copy(part, all.begin() + static_cast<std::ptrdiff_t>(text_used_));
    text_used_ += part.size();
  }
  all[text_used_++] = 0;
  return reinterpret_cast<char*>(&all[begin]);
}

void Transfer::add_line(std::string_view name, std::string_view value) {
  const std::string_view plain = trimmed(value);
  // libcurl takes "Name:" for the wish to send no such header; a final semicolon means one without value.
  curl_slist line{};
  line.data = plain.empty() ? keep(name, ";") : keep(name, ": ", plain);
  lines_.push_back(line);
}

void Transfer::write_url() {
  url_ = keep(fmt::format("{}://{}:{}", to_text(exchange_.scheme), exchange_.host, exchange_.port), exchange_.target);
}

void Transfer::write_lines() {
  const auto has = [&](std::string_view lower) {
    return std::ranges::any_of(exchange_.fields, [&](const HttpField& field) { return is_name(field.name, lower); });
  };
  constexpr std::size_t kOwnLines = 5;
  lines_.reserve(exchange_.fields.size() + kOwnLines);
  for (const HttpField& field : exchange_.fields) add_line(field.name, field.value);
  add_line("Accept-Encoding", "identity");
  add_line("Connection", "close");
  if (!has("user-agent")) add_line("User-Agent", "palyra");
  for (const std::string_view unwanted : {"Expect:", "Content-Type:"}) {
    if (has("content-type") && unwanted.starts_with("Content")) continue;
    curl_slist line{};
    line.data = keep(unwanted);
    lines_.push_back(line);
  }
  for (std::size_t i = 0; i + 1 < lines_.size(); ++i) lines_[i].next = &lines_[i + 1];
}

void Transfer::set_connection() {
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
  if (!settings_.ca_file.empty()) {
    set(CURLOPT_CAINFO, settings_.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  // Empty, not unset: unset means that the environment decides.
  proxy_ = route_.proxy ? fmt::format("http://{}:{}", route_.proxy->host, route_.proxy->port) : "";
  set(CURLOPT_PROXY, proxy_.c_str());
  set(CURLOPT_NOPROXY, route_.proxy ? "" : "*");
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connecting_.count()));
  if (route_.bound) {
    const Endpoint& endpoint = route_.endpoints.front();
    pin_ = fmt::format("{}:{}:{}:{}", exchange_.host, exchange_.port, bracketed(endpoint.address), endpoint.port);
  } else if (route_.proxy) {
    pin_ = pin_text(route_.proxy->host, route_.proxy->port, route_.endpoints);
  } else {
    pin_ = pin_text(exchange_.host, exchange_.port, route_.endpoints);
  }
  pin_entry_.data = pin_.data();
  set(route_.bound ? CURLOPT_CONNECT_TO : CURLOPT_RESOLVE, &pin_entry_);
}

void Transfer::set_request() {
  std::size_t bytes = kOwnTextBytes + exchange_.target.size();
  for (const HttpField& field : exchange_.fields) bytes += field.name.size() + field.value.size() + kLineOverhead;
  text_ = LockedBytes(bytes);
  write_url();
  write_lines();
  set(CURLOPT_URL, url_);
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_HTTPHEADER, lines_.data());
  set(CURLOPT_HTTP_CONTENT_DECODING, 0L);
  set(CURLOPT_HTTP09_ALLOWED, 0L);
  if (exchange_.method == HttpMethod::kGet) {
    set(CURLOPT_HTTPGET, 1L);
    return;
  }
  if (exchange_.method == HttpMethod::kHead) {
    set(CURLOPT_NOBODY, 1L);
    return;
  }
  if (exchange_.method != HttpMethod::kDelete || !exchange_.body.empty()) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(exchange_.body.size()));
    set(CURLOPT_POSTFIELDS, exchange_.body.empty() ? "" : reinterpret_cast<const char*>(exchange_.body.data()));
  }
  set(CURLOPT_CUSTOMREQUEST, std::string(to_text(exchange_.method)).c_str());
}

void Transfer::set_callbacks() {
  void* const self = this;
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, self);
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, self);
  set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_socket);
  set(CURLOPT_OPENSOCKETDATA, self);
  set(CURLOPT_ERRORBUFFER, error_.data());
}

Result<HttpReply> Transfer::run() {
  if (easy_ == nullptr || multi_ == nullptr) return fail(capability::kHttpUnusable, "libcurl gives no handle");
  set_connection();
  set_request();
  set_callbacks();
  if (refused_option_ != CURLE_OK) {
    return fail(capability::kHttpUnusable, "libcurl refuses an option: {}", curl_.easy_strerror(refused_option_));
  }
  if (curl_.multi_add_handle(multi_, easy_) != CURLM_OK) {
    return fail(capability::kHttpUnusable, "libcurl takes no request");
  }
  return drive();
}

Result<HttpReply> Transfer::drive() {
  window_begin_ = steady_clock::now();
  while (true) {
    int running = 0;
    if (curl_.multi_perform(multi_, &running) != CURLM_OK) {
      return fail(capability::kHttpUnusable, "libcurl stopped");
    }
    int queued = 0;
    const CURLMsg* const message = curl_.multi_info_read(multi_, &queued);
    if (message != nullptr && message->msg == CURLMSG_DONE) return finish(message->data.result);
    PALYRA_TRY(watch());
    if (curl_.multi_poll(multi_, nullptr, 0, kTickMilliseconds, nullptr) != CURLM_OK) {
      return fail(capability::kHttpUnusable, "libcurl cannot wait");
    }
  }
}

Result<> Transfer::watch() {
  if (exchange_.cancelled()) return fail(capability::kHttpCancelled, "the caller has gone");
  if (steady_clock::now() >= exchange_.deadline) {
    return fail(capability::kHttpTimedOut, "{} had not answered by the deadline", exchange_.host);
  }
  if (too_slow()) {
    return fail(capability::kHttpReplyTooSlow, "the reply comes with less than {} bytes a second", kSlowBytesPerSecond);
  }
  return {};
}

// A server may think for as long as it likes; once it speaks, it has to go on.
bool Transfer::too_slow() {
  const SteadyTime now = steady_clock::now();
  if (received_ == 0) window_begin_ = now;
  if (now - window_begin_ < settings_.slow_window) return false;
  const auto least = static_cast<std::size_t>(settings_.slow_window.count()) * kSlowBytesPerSecond / std::size_t{1'000};
  const bool slow = received_ - window_bytes_ < least;
  window_begin_ = now;
  window_bytes_ = received_;
  return slow;
}

Result<HttpReply> Transfer::finish(CURLcode code) {
  curl_off_t ready = 0;  // microseconds until the request could be sent
  static_cast<void>(curl_.easy_getinfo(easy_, CURLINFO_PRETRANSFER_TIME_T, &ready));
  connected_ = connected_ || ready > 0;
  if (code != CURLE_OK) return failure(code);
  long status = 0;
  static_cast<void>(curl_.easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status));
  if (status < kLowestStatus || status > kHighestStatus) {
    return fail(capability::kHttpReplyBroken, "{} answered with status {}", exchange_.host, status);
  }
  if (!head_done_ || has_odd_length(reply_)) {
    return fail(capability::kHttpReplyBroken, "{} answered with {}", exchange_.host,
                head_done_ ? "lengths that make no sense" : "half a header");
  }
  reply_.status = static_cast<int>(status);
  return std::move(reply_);
}

std::unexpected<Error> Transfer::failure(CURLcode code) {
  const std::string text = printable(error_[0] != '\0' ? error_.data() : curl_.easy_strerror(code));
  if (too_large_ || code == CURLE_FILESIZE_EXCEEDED) {
    return fail(capability::kHttpReplyTooLarge,
                "the reply is larger than {} bytes, or its header than {} lines or {} bytes", exchange_.max_reply_bytes,
                kMaxReplyFields, kMaxReplyFieldBytes);
  }
  if (socket_refused_ && !connected_) {
    return fail(capability::kHttpAddressRefused, "{} led to an address that was not judged", exchange_.host);
  }
  if (is_tls_failure(code)) return fail(capability::kHttpTlsFailed, "{}: {}", exchange_.host, text);
  if (code == CURLE_SSL_CACERT_BADFILE) return fail(capability::kHttpUnusable, "http.ca_file: {}", text);
  if (!connected_) return fail(capability::kHttpConnectFailed, "{}: {}", exchange_.host, text);
  return fail(capability::kHttpReplyBroken, "{}: {}", exchange_.host, text);
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  Transfer& transfer = *static_cast<Transfer*>(self);
  const std::string_view line(data, size * count);
  transfer.connected_ = true;
  transfer.line_bytes_ += line.size();
  transfer.received_ += line.size();
  transfer.take_line(line);
  transfer.too_large_ = transfer.line_bytes_ > kMaxReplyFieldBytes || transfer.reply_.fields.size() > kMaxReplyFields;
  return transfer.too_large_ ? 0 : line.size();
}

void Transfer::take_line(std::string_view line) {
  if (body_begun_) return;  // a trailer
  if (line.starts_with("HTTP/")) {
    wipe(reply_);
    reply_.fields.clear();
  }
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  head_done_ = line.empty();
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !capability::is_header_name(line.substr(0, colon))) return;
  reply_.fields.push_back(
      {.name = std::string(line.substr(0, colon)), .value = without_controls(trimmed(line.substr(colon + 1)))});
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  Transfer& transfer = *static_cast<Transfer*>(self);
  const std::size_t bytes = size * count;
  transfer.connected_ = true;
  transfer.body_begun_ = true;
  transfer.received_ += bytes;
  Bytes& body = transfer.reply_.body;
  transfer.too_large_ = bytes > transfer.exchange_.max_reply_bytes - body.size();
  if (transfer.too_large_) return bytes == 0 ? 1 : 0;
  append(body, {reinterpret_cast<const std::uint8_t*>(data), bytes});
  return bytes;
}

bool Transfer::may_connect(const curl_sockaddr& address) const {
  const auto endpoint = endpoint_of(address);
  return endpoint && std::ranges::find(route_.endpoints, *endpoint) != route_.endpoints.end();
}

curl_socket_t Transfer::on_socket(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) noexcept {
  Transfer& transfer = *static_cast<Transfer*>(self);
  if (!transfer.may_connect(*address)) {
    transfer.socket_refused_ = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace palyra::egress
