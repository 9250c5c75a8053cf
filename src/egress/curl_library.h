// SPDX-License-Identifier: Apache-2.0
#pragma once
// libcurl's functions, found when the first request asks for them: loading it and its fifteen libraries costs about ten
// milliseconds, which a tool that sends nothing does not pay.

#include <palyra/base/error.h>

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <memory>

namespace palyra::egress {

struct CurlLibrary {
  // Loads and checks: at least 7.88, with TLS, http and https. capability::kHttpUnusable. Memory that libcurl frees is
  // wiped first, since secrets go through it. The library stays loaded.
  static Result<CurlLibrary> load();

  decltype(&curl_version_info) version_info = nullptr;
  decltype(&curl_global_init_mem) global_init_mem = nullptr;
  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&curl_multi_init) multi_init = nullptr;
  decltype(&curl_multi_add_handle) multi_add_handle = nullptr;
  decltype(&curl_multi_remove_handle) multi_remove_handle = nullptr;
  decltype(&curl_multi_perform) multi_perform = nullptr;
  decltype(&curl_multi_poll) multi_poll = nullptr;
  decltype(&curl_multi_info_read) multi_info_read = nullptr;
  decltype(&curl_multi_cleanup) multi_cleanup = nullptr;
};

}  // namespace palyra::egress
