// SPDX-License-Identifier: Apache-2.0
#pragma once
// One exchange over libcurl: one handle, one connection, nothing kept.

#include "curl_library.h"
#include "route.h"

#include <palyra/base/locked_bytes.h>
#include <palyra/capability/http_port.h>
#include <palyra/egress/http_egress.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::egress {

inline constexpr std::size_t kMaxReplyFields = 100;
inline constexpr std::size_t kMaxReplyFieldBytes = std::size_t{64} * 1024;  // of every header line, interim ones too

class Transfer {
 public:
  // All of it outlives the transfer. `connecting` is how long that may take.
  Transfer(const CurlLibrary& curl, const HttpSettings& settings, const capability::HttpExchange& exchange,
           const Route& route, std::chrono::milliseconds connecting);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer();

  Result<capability::HttpReply> run();
  // The connection was made, and what came over it decides.
  [[nodiscard]] bool connected() const { return connected_; }

 private:
  // A zero-terminated text in text_.
  char* keep(std::string_view first, std::string_view second = {}, std::string_view third = {});
  void add_line(std::string_view name, std::string_view value);
  void write_url();
  void write_lines();
  template <class T>
  void set(CURLoption option, T value);
  void set_connection();
  void set_request();
  void set_callbacks();

  Result<capability::HttpReply> drive();
  Result<> watch();
  [[nodiscard]] bool too_slow();
  Result<capability::HttpReply> finish(CURLcode code);
  std::unexpected<Error> failure(CURLcode code);
  void take_line(std::string_view line);
  [[nodiscard]] bool may_connect(const curl_sockaddr& address) const;

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static curl_socket_t on_socket(void* self, curlsocktype purpose, curl_sockaddr* address) noexcept;

  const CurlLibrary& curl_;
  const HttpSettings& settings_;
  const capability::HttpExchange& exchange_;
  const Route& route_;
  std::chrono::milliseconds connecting_;
  CURL* easy_;
  CURLM* multi_;
  CURLcode refused_option_ = CURLE_OK;

  LockedBytes text_;  // URL and header lines: a secret may be in either
  std::size_t text_used_ = 0;
  char* url_ = nullptr;
  std::vector<curl_slist> lines_;
  std::string pin_;
  std::string proxy_;
  curl_slist pin_entry_{};
  std::array<char, CURL_ERROR_SIZE> error_{};

  capability::HttpReply reply_;
  std::size_t line_bytes_ = 0;
  bool head_done_ = false;
  bool body_begun_ = false;
  bool too_large_ = false;
  bool socket_refused_ = false;
  bool connected_ = false;
  SteadyTime window_begin_;
  std::size_t window_bytes_ = 0;
  std::size_t received_ = 0;
};

}  // namespace palyra::egress
