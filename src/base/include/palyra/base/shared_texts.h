// SPDX-License-Identifier: Apache-2.0
#pragma once
// A list of texts that never changes and that many values show: copying one copies no text.

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace palyra {

class SharedTexts {
 public:
  SharedTexts() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): as a list is given to a field that holds one
  SharedTexts(std::vector<std::string> texts)
      : texts_(texts.empty() ? nullptr : std::make_shared<const std::vector<std::string>>(std::move(texts))) {}

  [[nodiscard]] const std::vector<std::string>& list() const {
    static const std::vector<std::string> none;
    return texts_ == nullptr ? none : *texts_;
  }
  friend bool operator==(const SharedTexts& a, const SharedTexts& b) { return a.list() == b.list(); }

 private:
  std::shared_ptr<const std::vector<std::string>> texts_;  // null: none
};

}  // namespace palyra
