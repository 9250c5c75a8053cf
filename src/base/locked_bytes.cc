// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/check.h>
#include <palyra/base/locked_bytes.h>
#include <palyra/base/secret.h>

#include <algorithm>
#include <new>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace palyra {
namespace {

std::size_t page_bytes() {
  static const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

// Of the pages that hold `size` bytes.
std::size_t whole_pages(std::size_t size) { return (size + page_bytes() - 1) / page_bytes() * page_bytes(); }

}  // namespace

LockedBytes::LockedBytes(std::size_t size) {
  if (size == 0) return;
  const std::size_t held = whole_pages(size);
  void* const mapped =
      ::mmap(nullptr, held + 2 * page_bytes(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* const pages = static_cast<std::uint8_t*>(mapped) + page_bytes();
  PALYRA_CHECK(::mprotect(pages, held, PROT_READ | PROT_WRITE) == 0);
  static_cast<void>(::mlock(pages, held));
  static_cast<void>(::madvise(pages, held, MADV_DONTDUMP));
  static_cast<void>(::madvise(pages, held, MADV_WIPEONFORK));
  bytes_ = {pages + (held - size), size};
}

LockedBytes LockedBytes::copy_of(BytesView bytes) {
  LockedBytes copy(bytes.size());
  std::ranges::copy(bytes, copy.bytes_.begin());
  return copy;
}

LockedBytes::~LockedBytes() {
  if (bytes_.empty()) return;
  Secret::wipe(bytes_);
  const std::size_t held = whole_pages(bytes_.size());
  std::uint8_t* const pages = bytes_.data() + bytes_.size() - held;
  static_cast<void>(::munlock(pages, held));
  static_cast<void>(::munmap(pages - page_bytes(), held + 2 * page_bytes()));
}

bool forbid_memory_dumps() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  return ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && ::setrlimit(RLIMIT_CORE, &none) == 0;
}

}  // namespace palyra
