// SPDX-License-Identifier: Apache-2.0
#include "curl_library.h"

#include <palyra/base/secret.h>
#include <palyra/capability/http_port.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <malloc.h>
#include <mutex>
#include <string_view>

namespace palyra::egress {
namespace {

constexpr const char* kFile = "libcurl.so.4";
// 7.88.0: since then a write to a connection that was reset raises no SIGPIPE, also over TLS.
constexpr unsigned kOldest = 0x075800;

void free_wiped(void* memory) noexcept {
  if (memory == nullptr) return;
  Secret::wipe({static_cast<std::uint8_t*>(memory), malloc_usable_size(memory)});
  std::free(memory);
}

void* reallocate_wiped(void* memory, std::size_t bytes) noexcept {
  void* const moved = std::malloc(bytes);
  if (moved == nullptr || memory == nullptr) return moved;
  std::memcpy(moved, memory, std::min(bytes, malloc_usable_size(memory)));
  free_wiped(memory);
  return moved;
}

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

bool find_all(void* library, CurlLibrary& curl) {
  return find(library, "curl_version_info", curl.version_info) &&
         find(library, "curl_global_init_mem", curl.global_init_mem) &&
         find(library, "curl_easy_init", curl.easy_init) && find(library, "curl_easy_setopt", curl.easy_setopt) &&
         find(library, "curl_easy_getinfo", curl.easy_getinfo) &&
         find(library, "curl_easy_strerror", curl.easy_strerror) &&
         find(library, "curl_easy_cleanup", curl.easy_cleanup) && find(library, "curl_multi_init", curl.multi_init) &&
         find(library, "curl_multi_add_handle", curl.multi_add_handle) &&
         find(library, "curl_multi_remove_handle", curl.multi_remove_handle) &&
         find(library, "curl_multi_perform", curl.multi_perform) && find(library, "curl_multi_poll", curl.multi_poll) &&
         find(library, "curl_multi_info_read", curl.multi_info_read) &&
         find(library, "curl_multi_cleanup", curl.multi_cleanup);
}

bool speaks(const curl_version_info_data& version, std::string_view protocol) {
  for (const char* const* known = version.protocols; *known != nullptr; ++known) {
    if (*known == protocol) return true;
  }
  return false;
}

Result<CurlLibrary> load_once() {
  void* const library = dlopen(kFile, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return fail(capability::kHttpUnusable, "{} cannot be loaded: {}", kFile, dlerror());
  CurlLibrary curl;
  if (!find_all(library, curl)) return fail(capability::kHttpUnusable, "{} lacks a function: {}", kFile, dlerror());
  const curl_version_info_data* const version = curl.version_info(CURLVERSION_NOW);
  const bool usable = version != nullptr && version->version_num >= kOldest &&
                      (version->features & CURL_VERSION_SSL) != 0 && speaks(*version, "http") &&
                      speaks(*version, "https");
  if (!usable) {
    return fail(capability::kHttpUnusable, "{} is version {}, which is older than 7.88 or has no TLS", kFile,
                version == nullptr ? "?" : version->version);
  }
  const CURLcode begun =
      curl.global_init_mem(CURL_GLOBAL_DEFAULT, &std::malloc, &free_wiped, &reallocate_wiped, &strdup, &std::calloc);
  if (begun != CURLE_OK) return fail(capability::kHttpUnusable, "{}: {}", kFile, curl.easy_strerror(begun));
  return curl;
}

}  // namespace

Result<CurlLibrary> CurlLibrary::load() {
  // libcurl is one in a process, and so is its start.
  static const Result<CurlLibrary> loaded = load_once();
  return loaded;
}

}  // namespace palyra::egress
