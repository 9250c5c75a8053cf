// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/unique_fd.h>
#include <palyra/state/sealed_bytes.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace palyra::state {
namespace {

// Since Linux 6.3; Debian 12's headers do not know it.
constexpr unsigned kNoExecSeal = 0x0008U;

std::unexpected<Error> failed(const char* doing) {
  return fail(kStateUnavailable, "cannot {} a sealed memory file: {}", doing, std::strerror(errno));
}

UniqueFd make_memory_file() {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  UniqueFd fd(::memfd_create("palyra-sealed", kFlags | kNoExecSeal));
  if (fd.valid() || errno != EINVAL) return fd;
  return UniqueFd(::memfd_create("palyra-sealed", kFlags));
}

Result<> write_all(int fd, BytesView bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return failed("fill");
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

}  // namespace

Result<SealedBytes> SealedBytes::copy_of(BytesView bytes) {
  if (bytes.empty()) return SealedBytes(BytesView{});  // nothing to map, nothing to change
  const UniqueFd fd = make_memory_file();
  if (!fd.valid()) return failed("make");
  PALYRA_TRY(write_all(fd.get(), bytes));
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
    return failed("seal");
  }
  void* mapped = ::mmap(nullptr, bytes.size(), PROT_READ, MAP_SHARED, fd.get(), 0);
  if (mapped == MAP_FAILED) return failed("map");
  return SealedBytes(BytesView(static_cast<const std::uint8_t*>(mapped), bytes.size()));
}

SealedBytes::~SealedBytes() {
  if (view_.empty()) return;
  // munmap takes a pointer to mutable bytes and changes none.
  ::munmap(const_cast<std::uint8_t*>(view_.data()), view_.size());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

}  // namespace palyra::state
