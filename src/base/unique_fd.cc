// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/unique_fd.h>

#include <unistd.h>

namespace palyra {

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void UniqueFd::reset() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace palyra
