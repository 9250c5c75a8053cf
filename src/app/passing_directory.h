// SPDX-License-Identifier: Apache-2.0
#pragma once
// A directory that ends with the call it was made for.

#include <palyra/base/error.h>

#include <string>
#include <utility>

namespace palyra::app {

class PassingDirectory {
 public:
  // Empty, and nobody else's, where the system keeps what is temporary. Errors: kFileFailed.
  static Result<PassingDirectory> make();

  PassingDirectory(PassingDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  PassingDirectory(const PassingDirectory&) = delete;
  PassingDirectory& operator=(const PassingDirectory&) = delete;
  PassingDirectory& operator=(PassingDirectory&&) = delete;
  ~PassingDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }  // absolute, without links

 private:
  explicit PassingDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace palyra::app
