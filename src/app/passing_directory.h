// SPDX-License-Identifier: Apache-2.0
#pragma once
// A directory that ends with the call it was made for; when that is killed, with the next call that makes one.

#include <palyra/base/error.h>
#include <palyra/base/unique_fd.h>

#include <string>
#include <utility>

namespace palyra::app {

class PassingDirectory {
 public:
  // Empty, and nobody else's, where the system keeps what is temporary. Removes those that killed processes of this
  // user left there more than a minute ago. Errors: kFileFailed.
  static Result<PassingDirectory> make();

  PassingDirectory(PassingDirectory&& other) noexcept
      : path_(std::exchange(other.path_, {})), held_(std::move(other.held_)) {}
  PassingDirectory(const PassingDirectory&) = delete;
  PassingDirectory& operator=(const PassingDirectory&) = delete;
  PassingDirectory& operator=(PassingDirectory&&) = delete;
  ~PassingDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }  // absolute, without links

 private:
  PassingDirectory(std::string path, UniqueFd held) : path_(std::move(path)), held_(std::move(held)) {}
  std::string path_;
  UniqueFd held_;  // locked, which says that the call goes on
};

}  // namespace palyra::app
