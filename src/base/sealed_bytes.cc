// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/sealed_bytes.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace palyra {
namespace {

// Since Linux 6.3; Debian 12's headers do not know it.
constexpr unsigned kNoExecSeal = 0x0008U;

std::unexpected<Error> failed(const char* doing) {
  return fail(kFileFailed, "cannot {} a sealed memory file: {}", doing, std::strerror(errno));
}

}  // namespace

Result<SealedBytes> SealedBytes::copy_of(BytesView bytes) {
  if (bytes.empty()) return SealedBytes(BytesView{});  // nothing to map, nothing to change
  SealedFile::Writer writer = PALYRA_TRY(SealedFile::Writer::make());
  PALYRA_TRY(writer.append(bytes));
  const SealedFile file = PALYRA_TRY(std::move(writer).seal());
  return file.map();
}

SealedBytes::~SealedBytes() {
  if (view_.empty()) return;
  // munmap takes a pointer to mutable bytes and changes none.
  ::munmap(const_cast<std::uint8_t*>(view_.data()), view_.size());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

Result<SealedFile::Writer> SealedFile::Writer::make() {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  UniqueFd fd(::memfd_create("palyra-sealed", kFlags | kNoExecSeal));
  if (!fd.valid() && errno == EINVAL) fd = UniqueFd(::memfd_create("palyra-sealed", kFlags));
  if (!fd.valid()) return failed("make");
  return Writer(std::move(fd));
}

Result<> SealedFile::Writer::append(BytesView bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd_.get(), bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return failed("fill");
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    size_ += static_cast<std::uint64_t>(wrote);
  }
  return {};
}

Result<SealedFile> SealedFile::Writer::seal() && {
  if (::fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
    return failed("seal");
  }
  return SealedFile(std::move(fd_), size_);
}

std::string SealedFile::path() const { return fmt::format("/proc/self/fd/{}", fd_.get()); }

Result<SealedBytes> SealedFile::map() const {
  if (size_ == 0) return SealedBytes(BytesView{});
  void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd_.get(), 0);
  if (mapped == MAP_FAILED) return failed("map");
  return SealedBytes(BytesView(static_cast<const std::uint8_t*>(mapped), size_));
}

}  // namespace palyra
