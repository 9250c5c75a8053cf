// SPDX-License-Identifier: Apache-2.0
#pragma once
// Objects that a guest opened during one call, by the numbers it was given for them.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace palyra::host {

// Grants are numbered below.
inline constexpr std::int32_t kFirstObjectHandle = 100'000;

// Numbers count up from kFirstObjectHandle and are never used twice, so that a guest which keeps a closed number cannot
// reach what was opened after it.
template <class T>
class ObjectTable {
 public:
  // A new object's number.
  std::int32_t open(T object) {
    objects_.emplace_back(std::move(object));
    return kFirstObjectHandle + static_cast<std::int32_t>(objects_.size() - 1);
  }

  // Whether this call was ever given the number.
  [[nodiscard]] bool issued(std::int32_t handle) const {
    return handle >= kFirstObjectHandle && static_cast<std::size_t>(handle - kFirstObjectHandle) < objects_.size();
  }

  // The open object of that number, or nullptr.
  [[nodiscard]] T* find(std::int32_t handle) {
    if (!issued(handle)) return nullptr;
    std::optional<T>& object = objects_[static_cast<std::size_t>(handle - kFirstObjectHandle)];
    return object ? &*object : nullptr;
  }

  // The number must be issued.
  void close(std::int32_t handle) { objects_[static_cast<std::size_t>(handle - kFirstObjectHandle)].reset(); }

 private:
  std::vector<std::optional<T>> objects_;
};

}  // namespace palyra::host
