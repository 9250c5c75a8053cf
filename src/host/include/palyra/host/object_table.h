// SPDX-License-Identifier: Apache-2.0
#pragma once
// Objects that a guest opened during one call, by the numbers it was given for them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace palyra::host {

// Grants are numbered below.
inline constexpr std::int32_t kFirstObjectHandle = 100'000;

// The numbers of one call: all its tables share them, so that no number is of two classes.
class ObjectNumbers {
 public:
  std::int32_t next() { return next_++; }

 private:
  std::int32_t next_ = kFirstObjectHandle;
};

// Numbers count up from kFirstObjectHandle and are never used twice, so that a guest which keeps a closed number cannot
// reach what was opened after it.
template <class T>
class ObjectTable {
 public:
  // `numbers` outlives the table.
  explicit ObjectTable(ObjectNumbers& numbers) : numbers_(numbers) {}

  // A new object's number.
  std::int32_t open(T object) {
    const std::int32_t handle = numbers_.next();
    objects_.emplace_back(handle, std::move(object));
    return handle;
  }

  // Whether this table ever gave out the number.
  [[nodiscard]] bool issued(std::int32_t handle) const { return at(handle) != objects_.end(); }

  // The open object of that number, or nullptr.
  [[nodiscard]] T* find(std::int32_t handle) {
    const auto found = objects_.begin() + (at(handle) - objects_.cbegin());
    return found == objects_.end() || !found->object ? nullptr : &*found->object;
  }

  // The number must be issued.
  void close(std::int32_t handle) { objects_[static_cast<std::size_t>(at(handle) - objects_.cbegin())].object.reset(); }

 private:
  struct Numbered {
    Numbered(std::int32_t number, T opened) : handle(number), object(std::move(opened)) {}
    std::int32_t handle;
    std::optional<T> object;
  };

  [[nodiscard]] typename std::vector<Numbered>::const_iterator at(std::int32_t handle) const {
    const auto found = std::ranges::lower_bound(objects_, handle, {}, &Numbered::handle);
    return found != objects_.end() && found->handle == handle ? found : objects_.end();
  }

  ObjectNumbers& numbers_;
  std::vector<Numbered> objects_;  // ascending by handle
};

}  // namespace palyra::host
